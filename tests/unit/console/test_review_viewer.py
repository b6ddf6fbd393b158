# ruff: noqa: E501 -- the scripts that Node runs are easier to read in one piece
"""The viewer's pure modules, run by Node: colour differences, the one viewport, keys, decisions' bodies."""

import json
import shutil
import subprocess
from importlib import resources
from typing import Any

import pytest

NODE = shutil.which("node")
MODULES = resources.files("trueshelf_console").joinpath("static", "review")
pytestmark = pytest.mark.skipif(NODE is None, reason="Node is not here: the viewer's modules are tested in e2e only")

SHARMA = [
    (50.0, 2.6772, -79.7751, 50.0, 0.0, -82.7485, 2.0425),
    (50.0, 3.1571, -77.2803, 50.0, 0.0, -82.7485, 2.8615),
    (50.0, 2.8361, -74.0200, 50.0, 0.0, -82.7485, 3.4412),
    (50.0, -1.3802, -84.2814, 50.0, 0.0, -82.7485, 1.0000),
    (50.0, -1.1848, -84.8006, 50.0, 0.0, -82.7485, 1.0000),
    (50.0, -0.9009, -85.5211, 50.0, 0.0, -82.7485, 1.0000),
    (50.0, 0.0, 0.0, 50.0, -1.0, 2.0, 2.3669),
    (50.0, -1.0, 2.0, 50.0, 0.0, 0.0, 2.3669),
    (50.0, 2.49, -0.001, 50.0, -2.49, 0.0009, 7.1792),
    (50.0, 2.49, -0.001, 50.0, -2.49, 0.0010, 7.1792),
    (50.0, 2.49, -0.001, 50.0, -2.49, 0.0011, 7.2195),
    (50.0, 2.49, -0.001, 50.0, -2.49, 0.0012, 7.2195),
    (50.0, -0.001, 2.49, 50.0, 0.0009, -2.49, 4.8045),
    (50.0, -0.001, 2.49, 50.0, 0.0010, -2.49, 4.8045),
    (50.0, -0.001, 2.49, 50.0, 0.0011, -2.49, 4.7461),
    (50.0, 2.5, 0.0, 50.0, 0.0, -2.5, 4.3065),
    (50.0, 2.5, 0.0, 73.0, 25.0, -18.0, 27.1492),
    (50.0, 2.5, 0.0, 61.0, -5.0, 29.0, 22.8977),
    (50.0, 2.5, 0.0, 56.0, -27.0, -3.0, 31.9030),
    (50.0, 2.5, 0.0, 58.0, 24.0, 15.0, 19.4535),
    (50.0, 2.5, 0.0, 50.0, 3.1736, 0.5854, 1.0000),
    (50.0, 2.5, 0.0, 50.0, 3.2972, 0.0, 1.0000),
    (50.0, 2.5, 0.0, 50.0, 1.8634, 0.5757, 1.0000),
    (50.0, 2.5, 0.0, 50.0, 3.2592, 0.3350, 1.0000),
    (60.2574, -34.0099, 36.2677, 60.4626, -34.1751, 39.4387, 1.2644),
    (63.0109, -31.0961, -5.8663, 62.8187, -29.7946, -4.0864, 1.2630),
    (61.2901, 3.7196, -5.3901, 61.4292, 2.2480, -4.9620, 1.8731),
    (35.0831, -44.1164, 3.7933, 35.0232, -40.0716, 1.5901, 1.8645),
    (22.7233, 20.0904, -46.6940, 23.0331, 14.9730, -42.5619, 2.0373),
    (36.4612, 47.8580, 18.3852, 36.2715, 50.5065, 21.2231, 1.4146),
    (90.8027, -2.0831, 1.4410, 91.1528, -1.6435, 0.0447, 1.4441),
    (90.9257, -0.5406, -0.9208, 88.6381, -0.8985, -0.7239, 1.5381),
    (6.7747, -0.2908, -2.4247, 5.8714, -0.0985, -2.2286, 0.6377),
    (2.0776, 0.0795, -1.1350, 0.9033, -0.0636, -0.5514, 0.9082),
]
"""The pairs of Sharma, Wu and Dalal (2005), table 1: L, a, b twice, and their ΔE2000."""


def node(script: str, data: Any = None) -> Any:
    """Return what `script` puts into `out`; the modules are `m.<name>`, the data `data`."""
    names = ("probe", "viewport", "keymap", "bodies", "subjects", "strokes", "drafts", "flow", "supply")
    folder = str(MODULES)
    imports = "".join(f"m.{name} = await import('file://{folder}/{name}.js');" for name in names)
    program = f"const m = {{}}; const data = {json.dumps(data)}; let out; {imports}\n{script}\nconsole.log(JSON.stringify(out));"
    done = subprocess.run(
        [str(NODE), "--experimental-default-type=module", "--input-type=module", "-e", program],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_colour_differences_are_those_of_the_published_pairs():
    pairs = [(line[:3], line[3:6]) for line in SHARMA]
    found = node("out = data.map(([a, b]) => m.probe.deltaE(a, b));", pairs)
    assert found == pytest.approx([line[6] for line in SHARMA], abs=1e-4)
    back = node("out = data.map(([a, b]) => m.probe.deltaE(b, a));", pairs)
    assert back == pytest.approx(found, abs=1e-9), "the order makes no difference"


def test_srgb_becomes_lab():
    white, black, red = node("out = [[255,255,255],[0,0,0],[255,0,0]].map(m.probe.toLab);")
    assert white == pytest.approx([100, 0, 0], abs=0.02)
    assert black == pytest.approx([0, 0, 0], abs=0.02)
    assert red == pytest.approx([53.24, 80.09, 67.20], abs=0.05)


def test_zooming_keeps_what_is_under_the_pointer():
    out = node(
        "const v = new m.viewport.Viewport(); v.box = {w: 800, h: 600}; v.frame = {x: 87, y: -75, w: 1110, h: 1110};"
        "const before = v.toStage(200, 150); v.zoom(3, 200, 150); out = [before, v.toStage(200, 150), v.scale];"
    )
    assert out[0] == pytest.approx(out[1])
    assert out[2] == 3


def test_a_placement_puts_the_same_product_point_at_the_same_place():
    """Master pixel (scale · x + offset) lies where source pixel x lies."""
    rect = node("out = m.viewport.onStage({width: 1110, height: 1110}, {scale: 0.5, offset_x: -87, offset_y: 75});")
    assert rect == {"x": 174, "y": -150, "w": 2220, "h": 2220}
    x_source = 500
    x_master = 0.5 * x_source - 87
    assert rect["x"] + x_master / 1110 * rect["w"] == pytest.approx(x_source)


def test_another_frame_of_the_same_source_keeps_the_product_in_the_middle():
    out = node(
        "const v = new m.viewport.Viewport(); v.box = {w: 800, h: 600}; v.frame = {x: 0, y: 0, w: 1000, h: 1000};"
        "v.zoom(4, 100, 100); const before = v.toStage(400, 300); const k = v.k;"
        "v.reframe({x: 100, y: 50, w: 500, h: 500}, true); out = [before, v.toStage(400, 300), k, v.k];"
    )
    assert out[0] == pytest.approx(out[1])
    assert out[2] == pytest.approx(out[3])


def test_keys_are_known_by_place_and_left_to_who_needs_them():
    """WCAG 2.1.4: letters are not taken from fields; arrows and Space not from controls; a switch ends single keys."""
    out = node(
        "const target = (tag, type, near) => ({tagName: tag, type, isContentEditable: false, closest: (s) => near && s.includes(near)});"
        "const event = (code, t, more) => ({code, target: t, ctrlKey: false, shiftKey: false, altKey: false, ...more});"
        "const page = target('BODY'), field = target('INPUT', 'text'), radio = target('INPUT', 'radio', 'input');"
        "const on = {off: false, map: {}}, off = {off: true, map: {}}, moved = {off: false, map: {approve: 'KeyQ'}};"
        "const id = (e, s) => m.keymap.actOf(e, s)?.id ?? null;"
        "out = [id(event('KeyA', page, {key: 'ф'}), on), id(event('KeyA', field), on), id(event('KeyA', page), off),"
        " id(event('Space', page), off), id(event('Space', radio), on), id(event('KeyY', radio), on),"
        " id(event('KeyQ', page), moved), id(event('KeyA', page), moved), id(event('KeyZ', page, {ctrlKey: true}), on),"
        " id(event('Enter', field, {ctrlKey: true}), on)];"
    )
    assert out == ["approve", None, None, "peek", None, "yes", "approve", None, "undo_too", "send"]


def test_two_acts_never_share_a_key():
    codes = node("out = m.keymap.ACTS.map((a) => a.code);")
    assert len(set(codes)) == len(codes)
    taken = node(
        "const s = {off: false, map: {}}; out = ['KeyR', 'KeyQ', 'Tab', 'Ctrl+KeyQ', 'KeyA'].map((c) => m.keymap.conflict(s, 'approve', c));"
    )
    assert taken == ["reject", None, "locked", "locked", None]


CASE = {
    "case_id": "c", "kind": "slot", "version": 1, "state": "open", "sku": "S", "slot": "main", "category": "toys",
    "checklist": {"sha256": "1", "items": [{"code": "colour_matches"}, {"code": "edges_clean"}]},
    "reasons": [{"code": "colour_changed", "item": "colour_matches"}, {"code": "details_changed", "item": "details"}],
    "variants": [], "decisions_open": [],
}  # fmt: skip
SUBJECT = {
    "id": "v1",
    "number": 1,
    "checks": [{"check": "halo", "verdict": "flag"}, {"check": "file", "verdict": "clear"}],
    "view": {"verdict": "flag", "master_sha256": "abc"},
}


def test_nothing_is_approved_with_an_item_or_a_finding_open():
    """R-71: every item yes or not applicable, every finding acknowledged, a stop only by a senior with a reason."""
    out = node(
        "const d = m.bodies.emptyDraft(1, 'v1'); const s = data.subject; const miss = (senior) => m.bodies.missingForApproval(data.found, d, s, senior).map((x) => x.join(':'));"
        "out = [miss(true)]; d.answers.v1 = {colour_matches: {answer: 'yes', note: ''}, edges_clean: {answer: 'no', note: ''}}; out.push(miss(true));"
        "d.answers.v1.edges_clean.answer = 'not_applicable'; d.seen.v1 = {halo: ''}; out.push(miss(true)); s.view.verdict = 'stop'; out.push(miss(true), miss(false));",
        {"found": CASE, "subject": SUBJECT},
    )
    assert out == [
        ["missing_item:colour_matches", "missing_item:edges_clean", "missing_finding:halo"],
        ["missing_no:edges_clean", "missing_finding:halo"],
        [],
        ["missing_override:"],
        ["missing_senior:"],
    ]


def test_bodies_say_what_was_seen():
    """The hash, the version and the screen go back; an item is named only where the checklist has it."""
    out = node(
        "const d = m.bodies.emptyDraft(3, 'v1'); d.answers.v1 = {colour_matches: {answer: 'yes', note: ''}, edges_clean: {answer: 'yes', note: 'ok'}}; d.seen.v1 = {halo: ' fine '};"
        "d.reasons.v1 = {colour_changed: 'too red', details_changed: ''}; d.then = 'regenerate'; d.change.preset = 'white'; d.change.box = {x: 0, y: 0, w: 1, h: 1};"
        "const screen = {width: 1440, height: 900, device_pixel_ratio: 1};"
        "out = ['approve', 'reject'].map((k) => m.bodies.bodyOf(k, data.found, d, [data.subject], [{name: 'white', mode: 'white_background'}], screen));",
        {"found": CASE, "subject": SUBJECT},
    )
    approve, reject = out
    assert (approve["case_version"], approve["master_sha256"], approve["viewport"]["width"]) == (3, "abc", 1440)
    assert approve["acknowledged"] == [{"check": "halo", "note": "fine"}]
    assert [r["checklist_item"] for r in reject["variants"][0]["reasons"]] == ["colour_matches", None]
    assert reject["then"]["change"]["mode"] == "white_background"
    assert reject["then"]["change"]["box"] == {"x": 0, "y": 0, "w": 1, "h": 1}


@pytest.mark.parametrize(("typed", "sent"), [("12.5", 12.5), ("", None), ("-3", None), ("tall", None)])
def test_a_measured_height_goes_with_what_is_asked_for_r26(typed: str, sent: float | None):
    change = node(
        "const d = m.bodies.emptyDraft(1, 'v1'); d.then = 'regenerate'; d.change.height = data.typed;"
        "d.change.note = ' as on the shelf '; out = m.bodies.thenOf(d, []).change;",
        {"typed": typed},
    )
    assert change == ({"note": "as on the shelf"} if sent is None else {"note": "as on the shelf", "height_cm": sent})


def test_a_box_is_drawn_from_any_corner():
    assert node("out = m.strokes.boxOf([0.8, 0.9], [0.2, 0.3]);") == {"x": 0.2, "y": 0.3, "w": 0.6, "h": 0.6}


TAB = """
const kept = {};
const verbs = {getItem: (k) => kept[k] ?? null, setItem: (k, v) => { kept[k] = v; }, removeItem: (k) => { delete kept[k]; }};
for (const [name, value] of Object.entries(verbs)) Object.defineProperty(kept, name, {value});
globalThis.sessionStorage = kept;
"""
"""A tab's store: what is kept are its own keys, as in a browser."""


def test_the_next_reviewer_in_a_tab_finds_nothing_of_the_one_before():
    """A case's answers are of the account that typed them; another account's are dropped, an own draft comes back."""
    out = node(
        TAB
        + "new m.drafts.Drafts('1').keep('c', {active: 'v1'}); kept['trueshelf-draft-c'] = '{}'; kept.other = 'stays';"
        "out = [new m.drafts.Drafts('1').kept('c')]; const second = new m.drafts.Drafts('11');"
        "out.push(second.kept('c'), Object.keys(kept)); second.keep('c', {active: 'v2'}); second.forget('c'); out.push(Object.keys(kept));"
    )
    assert out == [{"active": "v1"}, None, ["other"], ["other"]]


FLOW = """
const asked = [], seen = {};
globalThis.window = globalThis;
globalThis.addEventListener = () => undefined;
globalThis.document = {hidden: false, getElementById: () => null, addEventListener: (name, then) => { seen[name] = then; }};
globalThis.setTimeout = () => 0;
globalThis.fetch = async (path, {headers}) => {
  asked.push([path.replace('/review/api', ''), headers['X-Live'] ?? '']);
  return {status: path.endsWith('/next') ? 204 : 200, ok: true, json: async () => ({case_id: 'c', version: 1, lease_seconds: 60})};
};
const desk = {found: {case_id: 'c', state: 'open'}, draft: {version: 1}, held: '', readOnly: false, wish: {}, supply: {}};
for (const name of ['renewed', 'update', 'tell', 'untell', 'say', 'lay']) desk[name] = () => undefined;
globalThis.location = {search: ''};
globalThis.history = {replaceState: () => undefined};
const flow = new m.flow.Flow(desk);
"""
"""The flow without a page: what it asks is noted, with the header of what no person caused."""


def test_what_the_viewer_asks_by_itself_keeps_no_session_alive():
    """The heartbeat, its case ahead, new addresses and the look for the next case are marked; a person's acts are not."""
    out = node(
        FLOW
        + "flow.next = {case_id: 'n'}; await flow.beat(); await desk.supply.renew(); flow.next = null; flow.prepare(); await flow.fetching;"
        "out = [asked.splice(0)]; await flow.open(desk.found, 'lease'); await flow.fetching; asked.pop(); flow.prepare(true); await flow.fetching; out.push(asked);"
    )
    itself, person = out
    assert itself == [["/cases/c/lease", "1"], ["/cases/n/lease", "1"], ["/cases/c", "1"], ["/next", "1"]]
    assert person == [["/cases/c/lease", ""], ["/next", ""]]


def test_no_case_is_taken_ahead_while_nobody_sees_the_page():
    out = node(
        FLOW + "document.hidden = true; flow.prepare(); await flow.fetching; out = [asked.length];"
        "document.hidden = false; seen.visibilitychange(); await flow.fetching; out.push(asked.map(([path]) => path));"
    )
    assert out == [0, ["/next"]]


DECIDING = """
desk.draft.note = ''; desk.subjects = []; desk.presets = []; desk.drafts = {forget: () => undefined}; desk.active = null;
globalThis.innerWidth = 1920; globalThis.innerHeight = 1000; globalThis.devicePixelRatio = 1;
flow.undo = {expect: () => undefined, offer: () => undefined, forget: () => undefined};
flow.advance = async () => undefined;
const sent = [];
let status = 0;
globalThis.fetch = async (path, {headers, body}) => {
  if (!path.endsWith('/decisions')) return {status: 200, ok: true, json: async () => ({...desk.found, mine: true, version: 1, lease_seconds: 60})};
  sent.push([path.split('/')[4], headers['Idempotency-Key'], JSON.parse(body).viewport.width]);
  if (!status) throw new Error('no network');
  return {status, ok: status < 300, headers: new Headers(), json: async () => ({code: 'x', detail: 'x'})};
};
globalThis.document.createElement = () => ({append: () => undefined, setAttribute: () => undefined, addEventListener: () => undefined, dataset: {}});
const lay = (id) => { desk.found = {case_id: id, kind: 'spot', state: 'open', version: 1, decisions_open: [], variants: [], checklist: {version: '1'}}; };
desk.lay = (found) => { desk.found = found; };
"""
"""Decisions of a spot check: what is sent, with which key; `status` is what the console answers, 0 for nothing at all."""


def test_an_attempt_keeps_its_key_and_its_window_while_another_case_is_decided():
    """Sent twice it is one decision, whatever happened between; what was refused is tried anew as it is now."""
    out = node(
        FLOW + DECIDING + "lay('a'); await flow.decide('spot_good'); lay('b'); await flow.decide('spot_good');"
        "innerWidth = 1500; lay('a'); status = 201; await flow.decide('spot_good');"
        "lay('b'); status = 422; await flow.decide('spot_good'); lay('b'); status = 201; await flow.decide('spot_good'); out = sent;"
    )
    cases, keys, widths = zip(*out, strict=True)
    assert cases == ("a", "b", "a", "b", "b")
    assert (keys[0], keys[1]) == (keys[2], keys[3])
    assert len(set(keys)) == 3
    assert widths == (1920, 1920, 1920, 1920, 1500)


SUPPLY = """
const said = [];
let renewed = 0, left = data;
globalThis.window = globalThis;
globalThis.document = {getElementById: () => null};
globalThis.createImageBitmap = async () => ({width: 9, height: 9, close: () => undefined});
globalThis.fetch = async () => { if (left-- > 0) throw new Error('no network'); return {ok: true, blob: async () => null}; };
const picture = (sha) => ({sha256: sha, url: sha, preview_sha256: `${sha}-small`, preview_url: sha});
const subject = {id: 'v', source: picture('s'), master: picture('m'), heat: null, cutout: null, view: {}};
const desk = {subjects: [subject], active: null, modes: {redraw: () => undefined}, stage: {ground: 'made'}};
desk.tell = desk.say = (text) => said.push(text);
desk.update = () => undefined;
const supply = new m.supply.Supply(desk);
supply.renew = async () => { renewed += 1; };
supply.fetch(desk.subjects);
while (supply.pictures.running || supply.renewing) await new Promise((go) => setTimeout(go));
out = [renewed, said, supply.unseen(subject)];
"""
"""The pictures of one variant; the first `data` of the fetches fail."""


def test_pictures_that_fail_together_are_asked_for_once_more_together():
    """Two addresses that are over are two pictures on the screen a moment later, and no alarm."""
    assert node(SUPPLY, 2) == [1, [], False]


def test_a_picture_that_fails_again_is_named():
    assert node(SUPPLY, 4) == [1, ["picture_gone", "picture_gone"], True]
