"""Which series is which sequence, in the vocabularies of several vendors."""

import dataclasses
from pathlib import Path

import pytest

from readerstudy.imaging.sequence_rules import SHIPPED
from readerstudy.imaging.sequences import SEQUENCES, Rules, recognise
from readerstudy.imaging.volume import Frame, Header, Volume
from readerstudy.problems import DataError

RULES = Rules.read()
AXIAL, CORONAL = (1.0, 0, 0, 0, 1, 0), (1.0, 0, 0, 0, 0, -1)
T2 = {"echo_time": 85.0, "repetition_time": 4000.0, "scanning_sequence": ("SE",)}
DWI = {"echo_time": 60.0, "repetition_time": 3000.0, "scanning_sequence": ("EP",)}
T1 = {"echo_time": 1.2, "repetition_time": 3.6, "flip_angle": 12.0, "scanning_sequence": ("GR",)}


def volume(number, description="", *, at=None, plane=AXIAL, n=20, part=1, of=1, **tags):
    """A volume of series `number`, acquired `at` "HH:MM:SS"."""
    seconds = None
    if at is not None:
        hours, minutes, rest = at.split(":")
        seconds = int(hours) * 3600 + int(minutes) * 60 + float(rest)
    of_frame = {key: tags.pop(key) for key in ("b_value", "echo_time") if key in tags}
    image_type = tuple(tags.pop("image_type", "ORIGINAL\\PRIMARY\\M").split("\\"))
    frames = tuple(
        Frame(
            path=Path("x"), number=None, instance_uid=f"1.{number}.{part}.{k}", position=(0.0, 0.0, 5.0 * k),
            orientation=plane, spacing=(1.0, 1.0), rows=8, columns=8, image_type=image_type, acquired=seconds,
            **of_frame,
        )
        for k in range(n)
    )  # fmt: skip
    header = Header(
        study_uid="1.2.3", series_uid=f"1.2.3.{number}", sop_class="1.2.840.10008.5.1.4.1.1.4", patient_id="Doe",
        series_number=number, description=description, modality=tags.pop("modality", "MR"), **tags,
    )  # fmt: skip
    return Volume(header=header, frames=frames, number=part, of=of)


def chosen(volumes, rules=RULES, study="p0"):
    decision = recognise(volumes, rules, study)
    return {name: choice.volume.series_number for name, choice in decision.chosen.items()}


def refusal(volumes, sequence, rules=RULES):
    return recognise(volumes, rules, "p0").refused[sequence]


GE = [
    volume(1, "3-Plane Loc SSFSE", n=9, **T2),
    volume(2, "ASSET Calibration", **T1),
    volume(3, "Cor SSFSE T2", plane=CORONAL, **T2),
    volume(4, "Ax T2 FRFSE fs RTr", at="10:00:00", **T2),
    volume(5, "Ax SSFSE T2 BH", at="10:02:00", **T2),
    volume(6, "Ax DWI b=0,800 RTr", part=1, of=2, b_value=0.0, at="10:04:00", **DWI),
    volume(6, "Ax DWI b=0,800 RTr", part=2, of=2, b_value=800.0, at="10:04:00", **DWI),
    volume(600, "Apparent Diffusion Coefficient (mm2/s)", image_type="DERIVED\\SECONDARY\\ADC", at="10:04:00", **DWI),
    volume(601, "Exponential Apparent Diffusion Coefficient", image_type="DERIVED\\SECONDARY\\EADC", **DWI),
    volume(7, "Ax T1 Dual Echo", part=1, of=2, field_strength=3.0, **{**T1, "echo_time": 1.3}),
    volume(7, "Ax T1 Dual Echo", part=2, of=2, field_strength=3.0, **{**T1, "echo_time": 2.4}),
    volume(8, "Ax LAVA-Flex BH", at="10:08:00", **T1),
    volume(9, "Ax LAVA +C art", at="10:10:20", **T1),
    volume(10, "Ax LAVA +C pv", at="10:11:00", **T1),
    volume(11, "Ax LAVA +C delay 3min", at="10:13:00", **T1),
    volume(12, "Cor LAVA +C delay", plane=CORONAL, at="10:14:00", **T1),
    volume(900, "SUB: Ax LAVA +C art", image_type="DERIVED\\SECONDARY", **T1),
    volume(901, "MIP Ax LAVA +C art", image_type="DERIVED\\SECONDARY", **T1),
]
SIEMENS = [
    volume(1, "localizer", n=9, **T1),
    volume(2, "t2_haste_tra_mbh", **T2),
    volume(3, "t2_tse_fs_tra_trig", **T2),
    volume(4, "ep2d_diff_b50_400_800_tra_TRACEW", part=1, of=3, b_value=50.0,
           image_type="DERIVED\\PRIMARY\\DIFFUSION\\TRACEW\\ND", **DWI),
    volume(4, "ep2d_diff_b50_400_800_tra_TRACEW", part=2, of=3, b_value=400.0,
           image_type="DERIVED\\PRIMARY\\DIFFUSION\\TRACEW\\ND", **DWI),
    volume(4, "ep2d_diff_b50_400_800_tra_TRACEW", part=3, of=3, b_value=800.0,
           image_type="DERIVED\\PRIMARY\\DIFFUSION\\TRACEW\\ND", **DWI),
    volume(5, "ep2d_diff_b50_400_800_tra_ADC", image_type="DERIVED\\PRIMARY\\DIFFUSION\\ADC\\ND", **DWI),
    volume(6, "ep2d_diff_b50_400_800_tra_CALC_BVAL", b_value=1400.0,
           image_type="DERIVED\\PRIMARY\\DIFFUSION\\CALC_BVALUE", **DWI),
    volume(7, "t1_vibe_dixon_tra_bh_pre_W", image_type="DERIVED\\PRIMARY\\DIXON\\WATER", at="10:08:00", **T1),
    volume(8, "t1_vibe_dixon_tra_bh_pre_F", image_type="DERIVED\\PRIMARY\\DIXON\\FAT", at="10:08:00", **T1),
    volume(9, "t1_vibe_dixon_tra_bh_pre_in", image_type="ORIGINAL\\PRIMARY\\DIXON\\IN_PHASE", at="10:08:00", **T1),
    volume(10, "t1_vibe_dixon_tra_bh_pre_opp", image_type="ORIGINAL\\PRIMARY\\DIXON\\OPP_PHASE", at="10:08:00", **T1),
    volume(11, "t1_vibe_fs_tra_bh_art", at="10:10:20", **T1),
    volume(12, "t1_vibe_fs_tra_bh_ven", at="10:11:00", **T1),
    volume(13, "t1_vibe_fs_tra_bh_equilibrium", at="10:13:00", **T1),
    volume(14, "t1_vibe_fs_tra_bh_20min_hbp", at="10:30:00", **T1),
    volume(15, "t1_vibe_fs_tra_bh_art_SUB", at="10:10:20", **T1),
]  # fmt: skip
PHILIPS = [
    volume(1, "Survey BFFE", n=9, **T1),
    volume(2, "T2W_TSE_SPAIR_MultiVane", image_type="ORIGINAL\\PRIMARY\\M_SE\\M\\SE", **T2),
    volume(3, "SSh_T2W", **T2),
    volume(4, "DWI_3b_RT", part=1, of=2, b_value=0.0, **DWI),
    volume(4, "DWI_3b_RT", part=2, of=2, b_value=600.0, **DWI),
    volume(5, "dADC_DWI", image_type="DERIVED\\PRIMARY\\ADC\\ADC\\SE", **DWI),
    volume(6, "mDIXON_W_pre", at="10:08:00", **T1),
    volume(7, "mDIXON_IP", image_type="DERIVED\\PRIMARY\\IP\\IP\\DERIVED", at="10:07:00", **T1),
    volume(8, "mDIXON_OP", image_type="DERIVED\\PRIMARY\\OP\\OP\\DERIVED", at="10:07:00", **T1),
    volume(9, "eTHRIVE_early arterial", at="10:10:05", **T1),
    volume(10, "eTHRIVE_late arterial", at="10:10:20", **T1),
    volume(11, "eTHRIVE_portal", at="10:11:00", **T1),
    volume(12, "eTHRIVE_delayed_3min", at="10:13:00", **T1),
    volume(13, "eTHRIVE_delayed_20 min", at="10:30:00", **T1),
]


def test_a_ge_study():
    assert chosen(GE) == {
        "T2": 4, "DWI": 6, "ADC": 600, "T1": 8, "LAP": 9, "PVP": 10, "DP": 11, "IP": 7, "OP": 7,
    }  # fmt: skip
    decision = recognise(GE, RULES, "p0")
    assert decision.chosen["DWI"].volume.b_value == 800
    assert decision.chosen["OP"].volume.echo_time == 1.3
    assert decision.chosen["DWI"].why == "diffusion-weighted image: b_value 800"
    assert decision.chosen["LAP"].why == "named arterial: seconds 20 (by order of acquisition)"


def test_a_siemens_study():
    assert chosen(SIEMENS) == {
        "T2": 3, "DWI": 4, "ADC": 5, "T1": 7, "LAP": 11, "PVP": 12, "DP": 13, "IP": 9, "OP": 10,
    }  # fmt: skip
    decision = recognise(SIEMENS, RULES, "p0")
    assert decision.chosen["DWI"].why == "trace-weighted image: b_value 800, preferred to 1 other"


def test_a_philips_study():
    assert chosen(PHILIPS) == {
        "T2": 2, "DWI": 4, "ADC": 5, "T1": 6, "LAP": 10, "PVP": 11, "DP": 12, "IP": 7, "OP": 8,
    }  # fmt: skip
    assert recognise(PHILIPS, RULES).chosen["DWI"].volume.b_value == 600


@pytest.mark.parametrize("study", [GE, SIEMENS, PHILIPS], ids=["GE", "Siemens", "Philips"])
def test_the_order_of_the_series_does_not_matter(study):
    assert chosen(study[::-1]) == chosen(study)


def test_what_readerstudy_wrote_is_recognised_again():
    volumes = [volume(k, name, image_type="DERIVED\\PRIMARY") for k, name in enumerate(SEQUENCES)]
    assert chosen(volumes) == {name: k for k, name in enumerate(SEQUENCES)}


def dynamic(*times, bolus=None, first=10, **tags):
    """An unnamed dynamic examination in one series."""
    return [
        volume(first, "t1_vibe_dyn", at=at, part=k, of=len(times), bolus_start=bolus, **{**T1, **tags})
        for k, at in enumerate(times, 1)
    ]


def test_phases_by_the_seconds_since_the_recorded_injection():
    times = ("10:00:00", "10:02:25", "10:03:05", "10:05:00", "10:22:00")
    decision = recognise(dynamic(*times, bolus=36120.0), RULES)
    assert {name: choice.volume.number for name, choice in decision.chosen.items()} == {
        "T1": 1, "LAP": 2, "PVP": 3, "DP": 4,
    }  # fmt: skip
    assert decision.chosen["PVP"].why == "portal venous by time: seconds 65 (injection recorded)"
    assert decision.chosen["DP"].volume.acquired == 36300


def test_phases_by_order_when_the_injection_is_not_recorded():
    pre = volume(9, "t1_vibe_pre", at="10:00:00", **T1)
    decision = recognise([pre, *dynamic("10:02:25", "10:03:10", "10:05:05", "10:22:00")], RULES)
    found = {name: choice.volume.number for name, choice in decision.chosen.items() if name != "T1"}
    assert found == {"LAP": 1, "PVP": 2, "DP": 3}


def test_an_unnamed_dynamic_series_without_injection_or_pre_contrast_series_is_refused():
    decision = recognise(dynamic("10:00:00", "10:02:25", "10:03:05", "10:05:00"), RULES)
    assert not decision.chosen
    assert decision.refused["T1"].kind == "missing"
    assert "seconds is unknown, not 15 to 35" in decision.refused["LAP"].message


@pytest.mark.parametrize("recorded", [True, False])
def test_an_examination_over_midnight(recorded):
    bolus = 86390.0 if recorded else None
    volumes = [
        volume(1, "t1_vibe_pre", at="23:56:00", bolus_start=bolus, **T1),
        *dynamic("00:00:12", "00:00:55", "00:02:50", bolus=bolus),
    ]
    found = {name: choice.volume.number for name, choice in recognise(volumes, RULES).chosen.items()}
    assert found == {"T1": 1, "LAP": 1, "PVP": 2, "DP": 3}


def test_the_unnamed_series_before_all_phases_is_pre_contrast():
    volumes = [
        volume(1, "Ax LAVA", at="23:58:00", **T1),
        volume(2, "Ax LAVA art", at="00:00:10", **T1),
        volume(3, "Ax LAVA", at="00:01:00", **T1),
        volume(4, "Ax LAVA delay", at="00:03:00", **T1),
    ]
    assert chosen(volumes) == {"T1": 1, "LAP": 2, "PVP": 3, "DP": 4}


def test_a_contrast_agent_that_only_later_series_name_tells_them_apart():
    first, *later = dynamic("10:00:00", "10:02:25", "10:03:05", "10:05:00")
    later = [
        dataclasses.replace(phase, header=dataclasses.replace(phase.header, contrast_agent=True)) for phase in later
    ]
    found = recognise([first, *later], RULES).chosen
    assert {name: choice.volume.number for name, choice in found.items()} == {"T1": 1, "LAP": 2, "PVP": 3, "DP": 4}


def test_the_hepatobiliary_phase_is_never_the_delayed_one():
    names = ("t1_vibe_hbp", "t1_vibe_hepatobiliary_delay", "LAVA delay 20min", "eTHRIVE 15 min late")
    for name in names:
        assert "DP" not in chosen([volume(1, "t1_vibe_pre", at="10:00:00", **T1), volume(2, name, at="10:02:00", **T1)])
    # A delay that says nothing, 20 minutes after the injection.
    late = volume(2, "LAVA delay", at="10:22:00", bolus_start=36120.0, **T1)
    assert "seconds is 1200, not 100 to 420" in refusal([late], "DP").message
    # Nor where the order tells the time, while the first phase may be off by a minute or two.
    art = volume(3, "LAVA art", at="10:02:20", **T1)
    pre = volume(1, "LAVA pre", at="10:00:00", **T1)
    late = volume(2, "LAVA delay", at="10:22:00", **T1)
    assert "seconds is 1200, not 100 to 420" in refusal([pre, art, late], "DP").message
    assert chosen([pre, art, volume(2, "LAVA delay", at="10:10:00", **T1)])["DP"] == 2


def test_a_series_named_as_readerstudy_writes_it_is_held_to_plane_and_b_value():
    assert refusal([volume(1, "DWI", b_value=0.0, **DWI)], "DWI").kind == "missing"
    assert chosen([volume(1, "DWI", **DWI)]) == {"DWI": 1}
    coronal, axial = volume(1, "T2", plane=CORONAL, **T2), volume(2, "t2_tse_fs_tra", **T2)
    assert chosen([coronal, axial]) == {"T2": 2}
    assert chosen([coronal]) == {}


def test_a_volume_before_the_recorded_injection_is_pre_contrast_though_its_series_is_named_after_contrast():
    times = ("10:00:00", "10:02:25", "10:03:05", "10:05:00")
    volumes = [
        volume(8, "Ax LAVA Dyn +C", at=at, part=k, of=4, bolus_start=36120.0, **T1) for k, at in enumerate(times, 1)
    ]
    found = {name: choice.volume.number for name, choice in recognise(volumes, RULES).chosen.items()}
    assert found == {"T1": 1, "LAP": 2, "PVP": 3, "DP": 4}


def test_an_early_arterial_phase_is_not_the_late_one():
    early = volume(2, "LAVA early art", at="10:02:16", bolus_start=36120.0, **T1)
    assert refusal([early], "LAP").kind == "missing"


def test_of_two_arterial_phases_the_one_nearer_to_25_s_counts():
    volumes = [volume(k, "LAVA art", at=f"10:02:{k}", bolus_start=36120.0, **T1) for k in (12, 24, 40)]
    assert chosen(volumes)["LAP"] == 24


def test_two_equal_candidates_are_refused_by_number_and_settled_by_an_override(tmp_path):
    volumes = [volume(4, "T2 FS ZZSECRET", **T2), volume(7, "T2 FS", **T2)]
    refused = refusal(volumes, "T2")
    assert refused.kind == "ambiguous"
    assert "series 4 and series 7 fit the rule 'T2 turbo spin echo, fat suppressed' equally well" in refused.message
    assert "STUDY,T2,4" in refused.help
    assert "ZZSECRET" not in refused.message + refused.help
    (tmp_path / "o.csv").write_text("study, sequence, series_number\np0, T2, 7\nanother, T2, 4\n")
    rules = Rules.read(overrides=tmp_path / "o.csv")
    assert chosen(volumes, rules) == {"T2": 7}
    assert recognise(volumes, rules, "p0").chosen["T2"].why == "override"
    assert rules.sha256 != RULES.sha256
    (tmp_path / "o.toml").write_text('[[override]]\nstudy = "1.2.3"\nsequence = "T2"\nseries_number = 4\n')
    assert chosen(volumes, Rules.read(overrides=tmp_path / "o.toml")) == {"T2": 4}


def test_an_override_of_one_volume_of_a_series(tmp_path):
    volumes = dynamic("10:00:00", "10:02:25", "10:03:05", "10:05:00")
    (tmp_path / "o.csv").write_text("study,sequence,series_number,volume\np0,T1,10,1\np0,T2,11,\np0,DWI,10,\n")
    decision = recognise(volumes, Rules.read(overrides=tmp_path / "o.csv"), "p0")
    assert {name: choice.volume.number for name, choice in decision.chosen.items()} == {
        "T1": 1, "LAP": 2, "PVP": 3, "DP": 4,
    }  # fmt: skip
    assert decision.refused["T2"].message == "T2: the override names series 11"
    assert "add the column volume" in decision.refused["DWI"].help


def test_preferences_decide_before_ambiguity():
    derived = volume(5, "T2 FS", image_type="DERIVED\\SECONDARY", **T2)
    assert chosen([derived, volume(6, "T2 FS", **T2), volume(7, "T2 TSE", **T2)])["T2"] == 6
    named = [volume(k, "dwi", b_value=float(b), **DWI) for k, b in ((1, 1000), (2, 800), (3, 400))]
    assert chosen(named)["DWI"] == 2
    assert chosen([volume(1, "dwi b600", **DWI), volume(2, "dwi b50", **DWI)])["DWI"] == 1


def test_one_volume_cannot_be_two_sequences(tmp_path):
    (tmp_path / "o.csv").write_text("study,sequence,series_number\np0,LAP,3\np0,PVP,3\n")
    decision = recognise([volume(3, "LAVA", **T1)], Rules.read(overrides=tmp_path / "o.csv"), "p0")
    assert decision.chosen == {}
    assert decision.refused["LAP"].message == decision.refused["PVP"].message == "series 3 fits LAP and PVP"


def test_problems_name_the_study_and_only_what_is_asked_for():
    decision = recognise([volume(4, "T2 FS", **T2), volume(7, "T2 FS", **T2)], RULES, "pabc")
    found = decision.problems(["T2", "DWI"])
    assert [problem.code for problem in found] == ["RS824", "RS823"]
    assert all(problem.message.startswith("pabc: ") for problem in found)
    assert len(decision.problems()) == 9


def test_the_protocol_counts_where_there_is_no_description_and_other_modalities_never():
    assert chosen([volume(1, "", protocol="eTHRIVE_portal", **T1)]) == {"PVP": 1}
    assert chosen([volume(1, "T2 FS", modality="CT")]) == {}


def test_two_studies_at_once_are_refused():
    other = volume(2)
    other = dataclasses.replace(other, header=dataclasses.replace(other.header, study_uid="1.2.4"))
    with pytest.raises(DataError, match="2 studies"):
        recognise([volume(1), other], RULES)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("[timing]", "[timming]", "'timming'.*did you mean 'timing'"),
        ("b_value = [400, 1200]", "bvalue = [400, 1200]", "has no 'bvalue'.*did you mean 'b_value'"),
        ("b_value = [400, 1200]", "b_value = [1200, 400]", "no range"),
        ("[sequences.LAP]", "[sequences.LPA]", "no sequence 'LPA'.*did you mean 'LAP'"),
        ("{t2}", "{t3}", "no word 't3'.*known: 't1', 't2'"),
        ("text = '''^t2$'''", "text = '''('''", "no regular expression"),
        ('plane = "axial"', 'plane = "axal"', "did you mean 'axial'"),
        ('prefer = ["original"]', 'prefer = ["orignal"]', "did you mean 'original'"),
        ("before_contrast = true", "before_contrast = 1", "write true or false"),
        ("readerstudy-sequences/1", "readerstudy-sequences/2", "schema is"),
        ("arterial_seconds = 20", 'arterial_seconds = "20"', "no number"),
        ('name = "no MR"', "name = 1", "has no name"),
        ("[words]", "[words", "not valid TOML"),
    ],
)
def test_what_is_wrong_with_a_rules_file(tmp_path, before, after, message):
    text = SHIPPED.read_text()
    assert before in text
    (tmp_path / "rules.toml").write_text(text.replace(before, after, 1))
    with pytest.raises(DataError, match=f"(?s){message}") as caught:
        Rules.read(tmp_path / "rules.toml")
    assert {problem.code for problem in caught.value.problems} == {"RS820"}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("o.csv", "study,sequenze,series_number\np0,T2,7\n", "sequenze"),
        ("o.csv", "study,sequence,series_number\np0,T2,seven\n", "whole numbers"),
        ("o.csv", "study,sequence,series_number\np0,T3,7\n", "not 'T3'"),
        ("o.csv", "study,sequence,series_number\np0,T2,7\np0,T2,8\n", "a second override"),
        ("o.toml", '[[overrides]]\nstudy = "p0"\n', "overrides have no 'overrides'"),
        ("o.toml", "[[override\n", "not valid TOML"),
    ],
)
def test_what_is_wrong_with_overrides(tmp_path, name, text, message):
    (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=message) as caught:
        Rules.read(overrides=tmp_path / name)
    assert {problem.code for problem in caught.value.problems} == {"RS821"}


def test_a_site_can_say_that_the_first_volume_of_a_dynamic_series_is_pre_contrast(tmp_path):
    rule = """
[[sequences.T1.rules]]
name = "first of the dynamic series"
text = '''\\bdyn'''
volume = [1, 1]
volumes = [4, 6]
"""
    (tmp_path / "rules.toml").write_text(SHIPPED.read_text() + rule)
    decision = recognise(dynamic("10:00:00", "10:02:25", "10:03:05", "10:05:00"), Rules.read(tmp_path / "rules.toml"))
    found = {name: choice.volume.number for name, choice in decision.chosen.items()}
    assert found == {"T1": 1, "LAP": 2, "PVP": 3, "DP": 4}
