"""What becomes of the devices that CLIF charts: a row observes one, and does not say when it was taken off."""

import ibis

from abate.records.canonical import plain_word
from abate.sources.clif_rows import Clif, local, with_course
from abate.sources.shelf import renamed, union

DEVICE_HOURS = 24
"""How long a charted oxygen device stands where nothing follows.

CLIF does not say when a device was taken off: a row is an observation. Our resolution: nurses chart
oxygen at least once a day, so beyond a day silence is not oxygen.
"""

SUPPORTS = {"impella_lvad": "impella", "temporary_lvad": "lvad", "temporary_rvad": "rvad"}
"""Groups of devices that support the circulation, by the dictionary's words.

A durable one is none of them: with it a patient walks in, and it was not begun for a toxicity.
"""
VENOVENOUS = ("v_v", "vv_v")


def states(clif: Clif) -> ibis.Table | None:
    """Return the findings: oxygen, renal replacement, mechanical support of the circulation."""
    build = {"respiratory_support": _oxygen, "crrt_therapy": _kidney, "ecmo_mcs": _circulation}
    return union([part(clif, position) for position, (name, part) in enumerate(build.items()) if name in clif.tables])


def _kidney(clif: Clif, position: int) -> ibis.Table:
    """Return renal replacement: each row until the next, a day at most; one without a mode is of some mode."""
    rows = _standing(clif, "crrt_therapy")
    mode = ibis.coalesce(rows.crrt_mode_category.lower(), "crrt")
    return clif.record(
        rows,
        "crrt_therapy",
        position,
        variable=ibis.literal("renal_replacement"),
        state=mode,
        time=local(rows.recorded_dttm),
        end_time=local(rows.stands_until),
    )


def _circulation(clif: Clif, position: int) -> ibis.Table:
    """Return mechanical support of the circulation, likewise; veno-venous ECMO supports the lungs, and is none."""
    rows = _standing(clif, "ecmo_mcs")
    group = ibis.coalesce(rows.mcs_group, rows.device_category).lower()
    group = ibis.ifelse(group.re_search("(^|_)ecmo(_|$)"), "ecmo", renamed(group, SUPPORTS))
    veins = ibis.coalesce(rows.ecmo_configuration_category.lower().isin(VENOVENOUS), False)
    return clif.record(
        rows,
        "ecmo_mcs",
        position,
        variable=ibis.literal("circulatory_support"),
        state=ibis.ifelse(veins, "veno-venous ecmo", group),
        time=local(rows.recorded_dttm),
        end_time=local(rows.stands_until),
    )


def _standing(clif: Clif, name: str) -> ibis.Table:
    """Return the rows of a table of devices with ``stands_until``: the next row, a day later at most."""
    rows = clif.tables[name]
    admission = ibis.window(group_by="hospitalization_id", order_by=["recorded_dttm", "row__number"])
    latest = rows.recorded_dttm + ibis.interval(hours=DEVICE_HOURS)
    rows = rows.mutate(stands_until=ibis.least(rows.recorded_dttm.lead().over(admission), latest))
    return with_course(rows, clif)


def _oxygen(clif: Clif, position: int) -> ibis.Table:
    rows = clif.tables["respiratory_support"]
    known = plain_word(rows.device_name).isin(list(clif.study.dictionary.states_of("oxygen")))
    # The name tells a tent from a reservoir mask; the category says "Face Mask" of both.
    rows = rows.mutate(
        device=ibis.cases((known, rows.device_name), else_=ibis.coalesce(rows.device_category, rows.device_name))
    )
    admission = ibis.window(group_by="hospitalization_id", order_by=["recorded_dttm", "row__number"])
    until_now = ibis.window(
        group_by="hospitalization_id", order_by=["recorded_dttm", "row__number"], preceding=None, following=0
    )
    rows = rows.mutate(next_row=rows.recorded_dttm.lead().over(admission), charted=rows.device.count().over(until_now))
    # Each count of charted devices is one device and the rows after it that name none.
    same = ibis.window(group_by=["hospitalization_id", "charted"])
    rows = rows.mutate(
        last_device=rows.device.max().over(same),
        stands_until=rows.recorded_dttm.min().over(same) + ibis.interval(hours=DEVICE_HOURS),
    )
    fresh = rows.recorded_dttm <= rows.stands_until
    rows = rows.mutate(device=ibis.coalesce(rows.device, ibis.ifelse(fresh, rows.last_device, ibis.null("string"))))
    rows = with_course(rows, clif)
    end = ibis.least(rows.next_row, rows.stands_until)
    return clif.record(
        rows,
        "respiratory_support",
        position,
        variable=ibis.literal("oxygen"),
        device=rows.device,
        flow=clif.number(rows.lpm_set),
        # Four decimals: 0.57 is 57 %, not 56.99999999999999.
        fio2=clif.number((rows.fio2_set * 100).round(4)),
        time=local(rows.recorded_dttm),
        # A device that cannot be known does not stand at all.
        end_time=local(ibis.ifelse(rows.device.notnull(), end, rows.next_row)),
    )
