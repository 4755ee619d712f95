//! The roster of a made-up county: a bureau, its towns and their schools, two people at the bureau, one at each town and
//! three at each school.

use std::fmt::Write as _;

const KINDS: [&str; 7] = [
    "primary",
    "kindergarten",
    "junior",
    "primary",
    "kindergarten",
    "nine-year",
    "senior",
];

const TAGS: [&str; 6] = [
    "canteen=A",
    "mountain rural",
    "near_water",
    "boarding lab canteen=B",
    "school_bus",
    "",
];

/// So many towns, and schools among them.
pub(crate) fn roster(towns: usize, schools: usize) -> String {
    let mut rows = String::from("unit,name,kind,parent,tags,role,person,email,phone,since,until\n");
    rows += "bureau,慈溪市教育局,bureau,,,office,沈志明,office@bureau.example,,,\n";
    rows += "bureau,,,,,deputy,方文华,deputy@bureau.example,,,\n";
    for town in 0..towns {
        let _ = writeln!(
            rows,
            "t{town:02},第{town}镇,town,bureau,,safety,胡国强,safety@t{town:02}.example,,,"
        );
    }
    for school in 0..schools {
        let (town, kind, tag) = (
            school % towns,
            KINDS[school % KINDS.len()],
            TAGS[school % TAGS.len()],
        );
        let id = format!("s{school:04}");
        let _ = writeln!(
            rows,
            "{id},第{school}学校,{kind},t{town:02},{tag},safety,王{school},safety@{id}.example,,,"
        );
        let _ = writeln!(rows, "{id},,,,,deputy,李{school},deputy@{id}.example,,,");
        let _ = writeln!(
            rows,
            "{id},,,,,principal,陈{school},principal@{id}.example,,,"
        );
    }
    rows
}
