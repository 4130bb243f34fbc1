"""How much a text looks like Chinese as it is written, not like bytes read in the wrong encoding.

A handful of characters makes up most of any Chinese text: the 500 most frequent cover three quarters of it (frequency
list of Jun Da, 2004). Bytes read wrongly land on rare characters evenly.
"""

_FREQUENT = frozenset(
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经"
    "十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合还因由其些然前外天政四日那社义事平"
    "形相全表间样与关各重新线内数正心反你明看原又么利比或但质气第向道命此变条只没结解问意建月公无系军很情者最立代想已通并提直题党"
    "程展五果料象员革位入常文总次品式活设及管特件长求老头基资边流路级少图山统接知较将组见计别她手角期根论运农指几九区强放决西被干"
    "做必战先回则任取据处队南给色光门即保治北造百规热领七海口东导器压志世金增争济阶油思术极交受联什认六共权收证改清己美再采转更单"
    "风切打白教速花带安场身车例真务具万每目至达走积示议声报斗完类八离华名确才科张信马节话米整空元况今集温传土许步群广石记需段研界"
    "推进创新智能数据算力服务平台建设企业应用技术支持重点项目省市县厅局委责任单位牵头配合负责方案计划措施目标加快完善推动提升实施培"
    "這個為國來時們動經對發開進產業關實現應點從還無種過後裡長門員問機體質線統將論義區強運農處隊導幹壓爭濟階術極聯認權證採轉單風"
    "帶車務萬達積議報類離華確張馬節話況傳許廣記據創數術設項縣廳責單頭負劃標應對財與會辦網"
    "，。、：；（）“”《》〔〕—％　"
)


def plausibility(text: str) -> float:
    """Share of the characters beyond ASCII that are frequent in Chinese; 1.0 for plain ASCII."""
    beyond = [character for character in text if character > "\x7f"]
    if not beyond:
        return 1.0
    return sum(character in _FREQUENT for character in beyond) / len(beyond)
