//! Letters as Chromium shows them, on a telephone and on a desk, by day and by night, held against pictures that somebody
//! has looked at and found good.
//!
//! The pictures are kept twelve times smaller than they are shown: of a letter's layout and colours everything is left, and
//! nothing of how a machine draws its glyphs. `UPDATE_EXPECT=1 cargo test looks` makes them anew, and leaves them whole in
//! `target/tmp/looks` for somebody to look at.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use jiff::civil::date;
use schoolbell::core::fact::{Alert, Part};
use schoolbell::core::letter::{Content, Item};
use schoolbell::mail::{Templates, sample};

use super::chromium::{FLAGS, is_there, limited};
use super::house::left_out;

/// How many dots of the screen make one of a kept picture, across and down.
const CELL: usize = 12;

/// The most that a dot's red, green or blue may differ: glyphs are drawn a little differently by each version.
const TOLERANCE: u8 = 24;

/// Of so many dots one may differ by more.
const ONE_OF: usize = 500;

/// The font that the pictures were made with, and the package that has it.
const FONT: &str = "Noto Sans CJK SC";

const LOOKS: [(&str, usize, Light); 4] = [
    ("360-light", 360, Light::Day),
    ("360-dark", 360, Light::Night),
    ("1200-light", 1200, Light::Day),
    ("1200-dark", 1200, Light::Night),
];

#[derive(Clone, Copy)]
enum Light {
    Day,
    Night,
}

/// What a school, a town, an officer and everybody gets.
fn letters() -> Vec<(&'static str, Content)> {
    let digest = sample::letter(vec![
        Item {
            stands: None,
            what_follows: vec![
                (date(2026, 5, 13), "分管副校长 李敏".to_owned()),
                (
                    date(2026, 5, 15),
                    "校长 周文、浒山街道教育办公室".to_owned(),
                ),
            ],
            ..sample::item("drill", "全校应急疏散演练", date(2026, 5, 12), 4)
        },
        Item {
            date_note: Some("原定 05-16(周六),提前至工作日".to_owned()),
            answered: Some("收到(王建国)".to_owned()),
            ..sample::item("drowning", "防溺水预警教育", date(2026, 5, 15), 7)
        },
        Item {
            reported_to: vec!["分管副校长 李敏".to_owned()],
            ..sample::item(
                "guardroom",
                "校园等级安保室自查、上报",
                date(2026, 5, 4),
                -2,
            )
        },
    ]);
    let towns = [
        ("浒山街道", "浒山小学", "每月应急疏散演练(4月)", 3),
        (
            "浒山街道",
            "浒山中心幼儿园",
            "食堂食品安全自查与整改情况上报",
            2,
        ),
        ("横河镇", "横河初级中学", "校车安全检查", 2),
    ];
    let rollup = Content {
        person: "胡国强".to_owned(),
        unit_name: "浒山街道教育办公室".to_owned(),
        overdue_below: vec![Item {
            part: Part::Above,
            ..sample::item("ledger", "隐患排查台账", date(2026, 4, 30), -3)
        }],
        rollup: towns
            .iter()
            .map(|(town, unit, title, late)| sample::row(town, unit, title, *late))
            .collect(),
        ..sample::letter(Vec::new())
    };
    let alert = Content {
        alert: Some(Alert {
            subject: "信件模板有错，已改用内置模板".to_owned(),
            text: "模板 letter.html 第 12 行 没有这个名字(item.titel);暂用自带的模板".to_owned(),
        }),
        ..sample::letter(Vec::new())
    };
    vec![
        ("digest", digest),
        ("rollup", rollup),
        ("alert", alert),
        ("everything", sample::content()),
    ]
}

fn html(content: &Content) -> String {
    let (templates, problems) = Templates::load(None);
    assert!(problems.is_empty());
    let rendered = templates.render(content, &sample::links());
    assert!(rendered.problems.is_empty(), "{:?}", rendered.problems);
    assert!(rendered.html.contains(FONT));
    // A machine may have the fonts that are preferred to this one.
    let others = [
        "-apple-system",
        "PingFang SC",
        "Microsoft YaHei",
        "Sarasa Mono SC",
    ];
    let without = |html: String, other| html.replace(other, "no such font");
    others.into_iter().fold(rendered.html, without)
}

#[test]
fn letters_look_as_somebody_found_good() {
    let Some(browser) = Browser::find() else {
        return;
    };
    let mut faults = Vec::new();
    for (name, content) in letters() {
        let html = html(&content);
        for (look, width, light) in LOOKS {
            let name = format!("{name}-{look}");
            let seen = browser.shoot(&name, &html, width, light);
            let path = kept(&name);
            if std::env::var_os("UPDATE_EXPECT").is_some() {
                seen.write(&path);
            } else if let Some(fault) = Picture::read(&path).differs_from(&seen) {
                faults.push(format!("{name}: {fault}"));
            }
        }
    }
    assert!(
        faults.is_empty(),
        "whole in {}: {faults:#?}",
        browser.folder.display()
    );
}

/// What a mail program or a careless edit does to a letter is seen.
#[test]
fn a_letter_that_is_broken_looks_broken() {
    let Some(browser) = Browser::find() else {
        return;
    };
    let html = html(&letters()[0].1);
    let without = |from: &str, to: &str| {
        let (before, rest) = html.split_once(from).unwrap();
        let (_, after) = rest.split_once(to).unwrap();
        format!("{before}{after}")
    };
    let replaced = |from: &str, to: &str| {
        assert!(html.contains(from), "{from}");
        html.replace(from, to)
    };
    for (what, look, broken) in [
        ("no-night", 1, without("<style>", "</style>")),
        (
            "too-wide",
            2,
            replaced("max-width:600px", "max-width:760px"),
        ),
        ("no-button", 0, without("<a class=\"button\"", "</a>")),
        (
            "no-padding",
            0,
            replaced("padding:24px 20px 8px", "padding:0"),
        ),
        ("no-red", 2, replaced("#b0421f", "#1c6b58")),
        ("small", 0, replaced("font-size:16px", "font-size:14px")),
    ] {
        let (name, width, light) = LOOKS[look];
        let seen = browser.shoot(what, &broken, width, light);
        let good = Picture::read(&kept(&format!("digest-{name}")));
        assert!(good.differs_from(&seen).is_some(), "{what} is not noticed");
    }
}

fn kept(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/data/looks");
    folder.join(format!("{name}.png"))
}

struct Browser {
    /// For what is shown, and for the pictures whole.
    folder: PathBuf,
    profile: tempfile::TempDir,
}

impl Browser {
    /// None where it or the font is missing, and says so.
    fn find() -> Option<Self> {
        let family = Command::new("fc-match")
            .args(["-f", "%{family[0]}", FONT])
            .output();
        let family = family.map(|said| String::from_utf8_lossy(&said.stdout).into_owned());
        if !is_there("chromium") || !family.is_ok_and(|family| family == FONT) {
            left_out("there is no chromium, or not its font (fonts-noto-cjk)");
            return None;
        }
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("looks");
        fs::create_dir_all(&folder).unwrap();
        Some(Self {
            folder,
            profile: tempfile::tempdir().unwrap(),
        })
    }

    /// The whole page, made small.
    fn shoot(&self, name: &str, html: &str, width: usize, light: Light) -> Picture {
        /// Taller than any of the letters: what is below them is cut off.
        const HEIGHT: usize = 4_800;
        let page = self.folder.join(format!("{name}.html"));
        let picture = self.folder.join(format!("{name}.png"));
        fs::write(&page, html).unwrap();
        let _ = fs::remove_file(&picture);
        let scheme = match light {
            Light::Day => 1,
            Light::Night => 0,
        };
        let status = limited(60, "chromium")
            .args(FLAGS)
            .args([
                "--force-device-scale-factor=1",
                "--font-render-hinting=none",
            ])
            .arg("--disable-lcd-text")
            .arg(format!("--blink-settings=preferredColorScheme={scheme}"))
            .arg(format!("--user-data-dir={}", self.profile.path().display()))
            .arg(format!("--window-size={width},{HEIGHT}"))
            .arg(format!("--screenshot={}", picture.display()))
            .arg(format!("file://{}", page.display()))
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(status.success(), "{status}");
        let whole = Picture::read(&picture).cut();
        assert_eq!(whole.width, width);
        assert!(whole.height() < HEIGHT, "{name} is not whole");
        whole.write(&picture);
        whole.small()
    }
}

/// Red, green and blue, row by row.
struct Picture {
    width: usize,
    dots: Vec<[u8; 3]>,
}

impl Picture {
    fn read(path: &Path) -> Self {
        let file =
            fs::File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut reader = png::Decoder::new(std::io::BufReader::new(file))
            .read_info()
            .unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut bytes).unwrap();
        assert_eq!(info.bit_depth, png::BitDepth::Eight);
        let samples = info.color_type.samples();
        Self {
            width: info.width as usize,
            dots: bytes
                .chunks_exact(samples)
                .map(|dot| [dot[0], dot[1], dot[2]])
                .collect(),
        }
    }

    fn write(&self, path: &Path) {
        let size = |length: usize| u32::try_from(length).unwrap();
        let file = fs::File::create(path).unwrap();
        let mut encoder = png::Encoder::new(file, size(self.width), size(self.height()));
        encoder.set_color(png::ColorType::Rgb);
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(self.dots.as_flattened()).unwrap();
    }

    fn height(&self) -> usize {
        self.dots.len() / self.width
    }

    /// Without the empty rows at the end.
    fn cut(mut self) -> Self {
        let ground = self.dots[self.dots.len() - 1];
        let used = self
            .dots
            .iter()
            .rposition(|dot| *dot != ground)
            .unwrap_or(0);
        self.dots.truncate((used / self.width + 1) * self.width);
        self
    }

    fn small(&self) -> Self {
        let (width, height) = (self.width / CELL, self.height() / CELL);
        let mut dots = Vec::with_capacity(width * height);
        for (row, column) in (0..height).flat_map(|row| (0..width).map(move |column| (row, column)))
        {
            let mut sums = [0_usize; 3];
            for y in row * CELL..(row + 1) * CELL {
                let from = y * self.width + column * CELL;
                for dot in &self.dots[from..from + CELL] {
                    for (sum, value) in sums.iter_mut().zip(dot) {
                        *sum += usize::from(*value);
                    }
                }
            }
            dots.push(sums.map(|sum| u8::try_from(sum / (CELL * CELL)).unwrap()));
        }
        Self { width, dots }
    }

    /// How another differs from this one, by more than the drawing of glyphs.
    fn differs_from(&self, seen: &Self) -> Option<String> {
        let (was, is) = (self.height(), seen.height());
        if self.width != seen.width || was.abs_diff(is) > 1 {
            let (was, is) = (was * CELL, is * CELL);
            return Some(format!("it is {is} dots high and was {was}"));
        }
        let other = |pair: &(&[u8; 3], &[u8; 3])| {
            let mut values = pair.0.iter().zip(pair.1);
            values.any(|(a, b)| a.abs_diff(*b) > TOLERANCE)
        };
        let pairs = self.dots.iter().zip(&seen.dots);
        let others = pairs.clone().filter(other).count();
        if others * ONE_OF <= self.dots.len() {
            return None;
        }
        let first = pairs.enumerate().find(|(_, pair)| other(pair));
        let at = first.map_or(0, |(nth, _)| nth / self.width * CELL);
        Some(format!(
            "{others} of {} places differ, from {at} dots down on",
            self.dots.len()
        ))
    }
}
