"""The scripts by which shells complete `crm-tui`: each asks the program itself, with the words up to the cursor.

They need nothing but the shell, print nothing, and say nothing when the program cannot answer.
"""

from __future__ import annotations

from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import _

_BASH = """\
# crm-tui in bash: source <(crm-tui completion bash)
_crm_tui() {
    local -a found
    mapfile -t found < <("${1/#\\~/$HOME}" complete bash "${COMP_LINE:0:COMP_POINT}" 2> /dev/null)
    COMPREPLY=("${found[@]:1}")
    case "${found[0]}" in
        files) compopt -o default ;;
        nospace) compopt -o nospace ;;
    esac
}
complete -F _crm_tui crm-tui
"""

_ZSH = """\
#compdef crm-tui
# crm-tui in zsh: source <(crm-tui completion zsh), or a file _crm-tui in a folder of $fpath
_crm_tui() {
    local -a lines words_ shown open_ open_shown
    local line word tab=$'\\t'
    lines=("${(@f)$("${(Q)words[1]/#\\~/$HOME}" complete zsh "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2> /dev/null)}")
    if [[ $lines[1] == files ]]; then
        _files
        return
    fi
    for line in "${(@)lines[2,-1]}"; do
        word=${line%%$tab*}
        [[ $line == *$tab?* ]] && line="$word  -- ${line#*$tab}" || line=$word
        case $word in
            *[=:,/]) open_+=("$word"); open_shown+=("$line") ;;
            *) words_+=("$word"); shown+=("$line") ;;
        esac
    done
    (( $#words_ )) && compadd -U -l -d shown -a words_
    (( $#open_ )) && compadd -U -l -S '' -d open_shown -a open_
    (( $#words_ + $#open_ ))
}
if [[ ${funcstack[1]} == _crm-tui ]]; then _crm_tui "$@"; else compdef _crm_tui crm-tui; fi
"""

_FISH = """\
# crm-tui in fish: crm-tui completion fish > ~/.config/fish/completions/crm-tui.fish
function __crm_tui_complete
    set -l words (commandline -opc)
    set -l program $words[1]
    set -e words[1]
    set -l token (commandline -ct)
    set -l typed (string unescape -- "$token" "$token\\"" "$token'")[1]
    set -l lines ($program complete fish $words "$typed" 2> /dev/null)
    if test "$lines[1]" = files
        __fish_complete_path (commandline -ct)
    else
        set -e lines[1]
        test (count $lines) -gt 0; and printf '%s\\n' $lines
    end
end
complete --command crm-tui --no-files --keep-order --arguments '(__crm_tui_complete)'
"""

SHELLS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}


def script(name: str) -> str:
    """What the shell reads; UsageError for one that there is none for."""
    if name not in SHELLS:
        message = _('there is no completion for "{name}": {names}')
        raise UsageError(message.format(name=name, names=", ".join(SHELLS)), name, 0)
    return SHELLS[name]
