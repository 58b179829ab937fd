"""Names of companies and people: what makes two of them the same, whose they are, and how they sound.

All three are guesses from the name alone: a key is for finding duplicates (DOMAIN §9), never for showing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from itertools import combinations, product
from typing import Literal

from crm_tui.domain.expressions import expression
from crm_tui.domain.text import fold, is_mark

Kind = Literal["organization", "person"]

# Legal forms, longest first where one ends in another. A branch (分公司) is a customer of its own.
_HAN_FORMS = expression(
    "(?:股份有限公司|有限责任公司|有限責任公司|股份公司|有限公司|集团公司|集團公司|总公司|總公司|(?<!分)(?<!子)公司"
    "|集团|集團|有限合伙|有限合夥|株式会社|株式會社|주식회사)$"
)
_LATIN = """
    inc incorporated ltd ltda limited llc llp lp plc gmbh mbh ag kg kgaa ohg co corp corporation company cie sa sas sarl
    srl spa sl slu bv nv ab as asa aps oy oyj kk pte pty sdn bhd pt tbk jsc ojsc pjsc ooo zao sro doo kft zrt
"""
_LATIN_FORMS = frozenset(_LATIN.split())
_DOTTED = expression(r"\b([a-z])\.(?=[a-z]\b)")
_PLAIN_WORDS = expression("[0-9a-z\u00df-\u00f6\u00f8-\u00ff\u4e00-\u9fff]+")
_MAYBE_MARKED = expression("[^ -~\u00a1-\u02ff\u2010-\u2027\u3001-\u3029\u4e00-\u9fff]")

_SURNAMES = frozenset(
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏"
    "钟汪田任姜范石姚谭廖邹熊陆郝孔白崔邱秦江史顾侯邵孟龙段雷钱汤尹黎武乔贺赖龚文庞樊兰殷施陶洪翟颜倪严牛温芦季俞章鲁葛"
    "毕聂焦向柳邢骆岳齐梅庄辛管祝左涂谷祁舒耿牟卜詹关苗凌费纪靳盛童欧甄项曲游阳裴席卫查屈鲍覃霍翁隋植甘景薄单包司柏宁柯阮桂闵解柴华万方安康金"
    "張劉陳楊趙黃吳孫馬羅鄭謝韓馮蕭鄧許呂蘇盧蔣賈葉閻鐘鍾鄒陸龍錢湯喬賀賴龔龐蘭顏嚴溫盧莊齊關費紀項陽衛鮑單寧閔華萬簡游連"
)
# In a name of two characters these begin a brand (华为, 万科, 方正, 安踏, 金蝶) as often as a person.
_BRANDS = frozenset("华萬万華方安康金龙龍石文武海高江白向新盛田景宁寧阳陽齐齊单單")
_DOUBLE = """
    欧阳 歐陽 司马 司馬 上官 诸葛 諸葛 东方 東方 皇甫 尉迟 尉遲 公孙 公孫 慕容 令狐 司徒 司空 夏侯 端木 长孙 長孫
    宇文 南宫 南宮 独孤 獨孤 呼延 轩辕 軒轅 百里 西门 西門 钟离 鍾離 闻人 聞人 赫连 赫連
"""
_DOUBLE_SURNAMES = frozenset(_DOUBLE.split())
_COMPANY_WORDS = expression(
    "公司|集团|集團|有限|股份|控股|工厂|工廠|商行|银行|銀行|大学|大學|学校|學校|学院|學院|医院|醫院|中心|协会|協會|科技|技术|技術"
    "|贸易|貿易|商贸|商貿|实业|實業|工业|工業|电子|電子|国际|國際|超市|酒店|餐厅|餐廳|饭店|飯店|药房|藥房|诊所|診所|机械|機械|食品|服装|服裝|建材"
    "|物流|传媒|傳媒|网络|網絡|信息|软件|軟件|地产|地產|汽车|汽車|能源|化工|制药|製藥|医药|醫藥|研究|事务|事務|工作室|合作社|政府|委员|委員"
    "|[厂廠店局院所社馆館校部]$"
)
_TITLED = expression("(?:先生|女士|小姐|太太|老师|老師|经理|經理|总监|總監|总|總|主任|医生|醫生|工程师|师傅|師傅)$")
_TITLED_LATIN = expression(r"(?:mr|mrs|ms|miss|dr|prof)\b\.?\s", re.IGNORECASE)
_HAN_NAME = expression("[\u3400-\u4dbf\u4e00-\u9fff]{2,4}")
_HAN_LONG_NAME = expression("[\u4e00-\u9fff]{1,8}[·•・][\u4e00-\u9fff·•・]{1,12}")

# Characters that names of firms, places and people read in more than one way. The table of readings has archaic
# ones for half of all characters (广 an, 限 wen): a search for "an" must not find every firm of Guangzhou.
_HETERONYMS = """
    重zhong,chong 长chang,zhang 長chang,zhang 行hang,xing 乐le,yue,lao 樂le,yue,lao 单dan,shan,chan 單dan,shan,chan
    曾zeng,ceng 厦xia,sha 廈xia,sha 朝chao,zhao 都du,dou 大da,dai 会hui,kuai 會hui,kuai 参can,shen 參can,shen
    调diao,tiao 調diao,tiao 传chuan,zhuan 傳chuan,zhuan 车che,ju 車che,ju 埔pu,bu 堡bao,pu,bu 柏bai,bo
    薄bo,bao 卜bu,bo 藏zang,cang 查cha,zha 仇qiu,chou 盛sheng,cheng 乘cheng,sheng 澄cheng,deng 畜xu,chu
    得de,dei 度du,duo 佛fo,fu 伽jia,qie,ga 盖gai,ge 蓋gai,ge 给gei,ji 給gei,ji 龟gui,jun,qiu 龜gui,jun,qiu
    还hai,huan 還hai,huan 和he,huo 合he,ge 奇qi,ji 解jie,xie 角jiao,jue 贾jia,gu 賈jia,gu 降jiang,xiang
    校xiao,jiao 劲jin,jing 勁jin,jing 卡ka,qia 咖ka,ga 壳ke,qiao 殼ke,qiao 落luo,la,lao 勒le,lei 六liu,lu
    露lu,lou 率lv,lu,shuai 脉mai,mo 脈mai,mo 没mei,mo 沒mei,mo 泌mi,bi 秘mi,bi 牟mou,mu 朴pu,piao,po 栖qi,xi
    强qiang,jiang 強qiang,jiang 覃qin,tan 区qu,ou 區qu,ou 塞sai,se 色se,shai 莎sha,suo 杉shan,sha 石shi,dan
    什shi,shen 属shu,zhu 屬shu,zhu 宿su,xiu 弹dan,tan 彈dan,tan 拓tuo,ta 万wan,mo 尾wei,yi 尉wei,yu 纤xian,qian
    纖xian,qian 巷xiang,hang 叶ye,xie 殷yin,yan 员yuan,yun 員yuan,yun 仔zai,zi 翟zhai,di 种zhong,chong
    祭ji,zhai 省sheng,xing 呂lv,lu 无wu,mo 阿a,e 蚌bang,beng 便bian,pian 侧ce,zhai 刹cha,sha 剎cha,sha
    臭chou,xiu 炮pao,bao 番fan,pan 红hong,gong 虹hong,jiang 圈quan,juan 俞yu,shu 乜nie,mie 谷gu,yu 不bu,fou
    沈shen,chen 洗xi,xian 折she,zhe 召zhao,shao 繁fan,po 郗xi,chi 隗wei,kui 黑hei,he 筠yun,jun 茜qian,xi
    娜na,nuo 蕃fan,bo 颉jie,xie 嬛huan,xuan 涡wo,guo 渦wo,guo 涌yong,chong 模mo,mu 识shi,zhi 血xue,xie
    熟shu,shou 百bai,bo 剥bo,bao 核he,hu 粘zhan,nian 系xi,ji 差cha,chai
    晟sheng,cheng 莞guan,wan 蔚wei,yu 莘xin,shen 谌chen,shen 諶chen,shen 缪miao,mou,miu 繆miao,mou,miu 褚chu,zhu
    泊bo,po 枞cong,zong 樅cong,zong 桔ju,jie 铅qian,yan 鉛qian,yan 钥yao,yue 鑰yao,yue 铣xi,xian 銑xi,xian 屏ping,bing
    扁bian,pian 艾ai,yi 荥xing,ying 滎xing,ying 浚jun,xun 隽juan,jun 雋juan,jun 柜gui,ju 枸gou,ju 佃dian,tian
    侗dong,tong 裳chang,shang 铛dang,cheng 鐺dang,cheng 匙chi,shi 澹dan,tan 俟si,qi 冯feng,ping 馮feng,ping 稽ji,qi
    缉ji,qi 緝ji,qi 那na,nuo 弄nong,long 络luo,lao 絡luo,lao 恶e,wu 惡e,wu 尺chi,che 扎zha,za 轧zha,ya,ga 軋zha,ya,ga
    择ze,zhai 擇ze,zhai 汤tang,shang 湯tang,shang 陂bei,pi,po 浒hu,xu 滸hu,xu 珲hun,hui 琿hun,hui 犍jian,qian
    渑mian,sheng 澠mian,sheng 歙she,xi 炅jiong,gui 瞿qu,ju 宓mi,fu 郇xun,huan 敦dun,dui 禅chan,shan 禪chan,shan 蛤ge,ha
    虾xia,ha 蝦xia,ha 茄qie,jia 脯pu,fu 瀑pu,bao 曝bao,pu 遗yi,wei 遺yi,wei 吁yu,xu 邪xie,ye 槛kan,jian 檻kan,jian
    豁huo,hua 殖zhi,shi 峙zhi,shi 兹zi,ci 茲zi,ci 否fou,pi 扛kang,gang 颈jing,geng 頸jing,geng 括kuo,gua 糜mi,mei
    抹mo,ma 囤tun,dun 驮tuo,duo 馱tuo,duo 沓ta,da 斜xie,xia 荨qian,xun 蕁qian,xun 蹊xi,qi 喳zha,cha 拆chai,ca
    颤chan,zhan 顫chan,zhan 绰chuo,chao 綽chuo,chao 幢chuang,zhuang 伺si,ci 攒zan,cuan 攢zan,cuan 撮cuo,zuo
    钿dian,tian 鈿dian,tian 嚼jiao,jue 芥jie,gai 吓xia,he 嚇xia,he 咳ke,hai 貉he,hao 桧gui,hui 檜gui,hui 圜yuan,huan
    呱gua,gu 溃kui,hui 腊la,xi 姥lao,mu 潦lao,liao 碌lu,liu 捋lv,luo 烙lao,luo 氓mang,meng 哪na,ne 呢ne,ni 溺ni,niao
    尿niao,sui 迫po,pai 刨pao,bao 魄po,tuo 栅zha,shan 柵zha,shan 蛇she,yi 褪tui,tun 咽yan,ye 粥zhou,yu 鬻yu,zhou
    爪zhua,zhao 嘲chao,zhao 拽zhuai,ye 赚zhuan,zuan 賺zhuan,zuan 椎zhui,chui 琢zhuo,zuo 缴jiao,zhuo 繳jiao,zhuo
    酢cu,zuo 柞zuo,zha 逄pang,feng 贲ben,bi 賁ben,bi 卒zu,cu 么me,mo,yao 夹jia,ga 夾jia,ga 约yue,yao 約yue,yao 於yu,wu
    峒dong,tong 垌dong,tong 洞dong,tong 句ju,gou
"""

#: The most ways to read a name that `pinyin` returns.
READINGS = 32


def name_key(name: str) -> str:
    """The name normalised for finding duplicates (DOMAIN §9): NFKC, no case, spaces or punctuation.

    Legal forms (有限公司, 集团, Inc, Co., Ltd) are dropped at the end only, and never all that there is: the key of a
    name that has any character is not empty.
    """
    words = _words(_DOTTED.sub(r"\1", fold(name)))
    while words:
        last = words[-1]
        shorter = "" if last in _LATIN_FORMS else _HAN_FORMS.sub("", last)
        if shorter == last or (not shorter and len(words) == 1):
            break
        words[-1:] = [shorter] if shorter else []
    return "".join(words) or fold(name).strip() or name


def _words(folded: str) -> list[str]:
    if not _MAYBE_MARKED.search(folded):
        return _PLAIN_WORDS.findall(folded)
    # Vowel signs are marks, not letters: without them names in Thai or Hindi would all be alike.
    return "".join(c if c.isalnum() or is_mark(c) else " " for c in folded).split()


def has_company_word(name: str) -> bool:
    """Whether the name says that it is a company's: a legal form or a word such as 科技, 医院, 厂."""
    words = _words(_DOTTED.sub(r"\1", fold(name)))
    return bool(_COMPANY_WORDS.search(name)) or (len(words) > 1 and words[-1] in _LATIN_FORMS)


def guess_kind(name: str) -> Kind:
    """Whether the name looks like a person's or an organization's; a name in Latin letters is an organization's.

    A person: two to four Han characters that begin with a common surname and hold no company word, a surname with a
    form of address (张总), or a name with a middle dot (阿卜杜拉·买买提).
    """
    name = name.strip()
    if _TITLED_LATIN.match(name) or (_HAN_LONG_NAME.fullmatch(name) and not _COMPANY_WORDS.search(name)):
        return "person"
    if titled := _TITLED.search(name):
        before = name[: titled.start()]
        if before in _DOUBLE_SURNAMES or (len(before) == 1 and before in _SURNAMES):
            return "person"
        if len(before) > 1 and guess_kind(before) == "person":
            return "person"
    if not _HAN_NAME.fullmatch(name) or _COMPANY_WORDS.search(name):
        return "organization"
    return "person" if _personal(name) else "organization"


def _personal(name: str) -> bool:
    """Whether two to four Han characters are a person's: a fourth one wants a surname of two (李宁体育 is a firm)."""
    if name[:2] in _DOUBLE_SURNAMES and len(name) > 2:
        return True
    if name[0] not in _SURNAMES:
        return False
    return len(name) == 3 or (len(name) == 2 and name[0] not in _BRANDS)


def pinyin(name: str) -> tuple[str, ...]:
    """What one may type to find the Han part of the name: its syllables joined, and their initials.

    华为 gives ("huawei", "hw"). A character that names read in several ways (重 zhong, chong) has each of them in
    one of at most thirty-two ways to read the whole, the usual one first, then those that differ from it in one
    character. () without Han characters.
    """
    if name.isascii():
        return ()
    choices = [found for found in map(_readings.__getitem__, name) if found]
    if not choices:
        return ()
    several = [position for position, found in enumerate(choices) if len(found) > 1]
    syllables = [found[0] for found in choices]
    full = ["".join(syllables)]
    initials = ["".join([syllable[0] for syllable in syllables])]
    if several:
        for reading in _rarer_readings(choices, several, syllables):
            full.append("".join(reading))
            initials.append("".join([syllable[0] for syllable in reading]))
    return tuple(dict.fromkeys(full + initials))


def _rarer_readings(choices: list[tuple[str, ...]], several: list[int], usual: list[str]) -> Iterator[list[str]]:
    """The readings that differ from the usual one, first in one character, then in two, and so on."""
    left = READINGS - 1
    for count in range(1, len(several) + 1):
        for places in combinations(several, count):
            for rarer in product(*(choices[place][1:] for place in places)):
                if not left:
                    return
                left -= 1
                reading = usual.copy()
                for place, syllable in zip(places, rarer, strict=True):
                    reading[place] = syllable
                yield reading


class _Readings(dict[str, tuple[str, ...]]):
    """The readings of each character met so far, without tones; () for what is not Han."""

    def __missing__(self, character: str) -> tuple[str, ...]:
        found: tuple[str, ...] = ()
        if character >= "\u3007":
            found = _several().get(character) or _without_tone(_toned().get(ord(character), "").partition(",")[0])
        self[character] = found
        return found


_readings = _Readings()


@cache
def _toned() -> dict[int, str]:
    """Code point → its readings with tones, comma-separated.

    Only pypinyin's table of single characters is loaded: the package itself would take 0.3 s for phrases unused here.
    """
    from importlib.util import find_spec, module_from_spec, spec_from_file_location
    from pathlib import Path

    package = find_spec("pypinyin")
    if package is None or package.origin is None:
        return {}
    spec = spec_from_file_location("crm_tui.domain._pinyin_dict", Path(package.origin).with_name("pinyin_dict.py"))
    if spec is None or spec.loader is None:
        return {}
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    table: dict[int, str] = module.pinyin_dict
    return table


def heteronyms() -> frozenset[str]:
    """The characters that names read in more than one way."""
    return frozenset(_several())


@cache
def _several() -> dict[str, tuple[str, ...]]:
    return {entry[0]: tuple(entry[1:].split(",")) for entry in _HETERONYMS.split()}


def _without_tone(syllable: str) -> tuple[str, ...]:
    """A syllable as it is typed: lǚ is found as lv and as lu."""
    letters = unicodedata.normalize("NFD", syllable)
    plain = "".join(c for c in letters if c.isascii() or c == "\u0308")
    if "u\u0308" in plain:
        return plain.replace("u\u0308", "v"), plain.replace("u\u0308", "u")
    plain = plain.replace("\u0308", "")
    return (plain,) if plain else ()
