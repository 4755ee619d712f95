//! What is shipped: the calendar and the settings, in the program itself, so that it can set up a bureau by itself.

/// The calendar's files, by their names in its folder.
pub const CALENDAR: [(&str, &str); 20] = [
    ("README.md", include_str!("../calendar/README.md")),
    ("calendar.toml", include_str!("../calendar/calendar.toml")),
    ("01.toml", include_str!("../calendar/01.toml")),
    ("02.toml", include_str!("../calendar/02.toml")),
    ("03.toml", include_str!("../calendar/03.toml")),
    ("04.toml", include_str!("../calendar/04.toml")),
    ("05.toml", include_str!("../calendar/05.toml")),
    ("06.toml", include_str!("../calendar/06.toml")),
    ("07.toml", include_str!("../calendar/07.toml")),
    ("08.toml", include_str!("../calendar/08.toml")),
    ("09.toml", include_str!("../calendar/09.toml")),
    ("10.toml", include_str!("../calendar/10.toml")),
    ("11.toml", include_str!("../calendar/11.toml")),
    ("12.toml", include_str!("../calendar/12.toml")),
    ("standing.toml", include_str!("../calendar/standing.toml")),
    (
        "school-year.toml",
        include_str!("../calendar/school-year.toml"),
    ),
    (
        "holidays/2023.toml",
        include_str!("../calendar/holidays/2023.toml"),
    ),
    (
        "holidays/2024.toml",
        include_str!("../calendar/holidays/2024.toml"),
    ),
    (
        "holidays/2025.toml",
        include_str!("../calendar/holidays/2025.toml"),
    ),
    (
        "holidays/2026.toml",
        include_str!("../calendar/holidays/2026.toml"),
    ),
];

/// The settings, every key with its default.
pub const SETTINGS: &str = include_str!("../config/schoolbell.toml");
