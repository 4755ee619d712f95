//! The start: folder, ledger, keys, and the hanging of the bell.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;

use jiff::ToSpan;
use ring::rand::{SecureRandom, SystemRandom};

use super::office::{House, Office};
use super::reload::read_house;
use super::systemd::Starting;
use super::{DaemonError, Options};
use crate::clock::Clock;
use crate::config::{self, environment};
use crate::core::forecast::next_letters;
use crate::core::hex::hex;
use crate::core::plan::missing_notice;
use crate::ledger::{Ledger, Nature, Witness};
use crate::link::LinkKeys;

/// The link key's file in the state folder, and its name among the service's credentials.
const LINK_KEY: &str = "link-key";

/// A clock before it has not been set: what is recorded first must not be of 1970.
const EARLIEST_YEAR: i16 = 2023;

/// Reads everything, and takes the state folder.
pub(super) fn open(options: &Options) -> Result<Arc<Office>, DaemonError> {
    let clock = match &options.pretend {
        None => Clock::Real,
        Some(pretence) => Clock::pretend(pretence.now, pretence.speed),
    };
    open_at(&options.config, clock, None)
}

/// As [`open`], at any clock, and with a witness around each commit.
pub(super) fn open_at(
    config: &Path,
    clock: Clock,
    witness: Option<Witness>,
) -> Result<Arc<Office>, DaemonError> {
    let (house, files) = read_house(config)
        .map_err(|report| DaemonError::Input(format!("请先改正:\n\n{report}")))?;
    let settings = &house.settings;
    fit(&house, clock.is_pretended())?;
    make_folder(&settings.state)?;
    let nature = if clock.is_pretended() {
        Nature::Pretend
    } else {
        Nature::Real
    };
    let started = Clock::Real
        .now()
        .to_zoned_datetime(house.agenda.calendar.timezone.clone())
        .strftime("%Y-%m-%d %H:%M:%S")
        .to_string();
    let starting = Starting::begin()?;
    let ledger = Ledger::open_exclusive(&settings.state, nature, &started)?.witnessed(witness);
    let keys = link_keys(&settings.state, &settings.mail.transport)?;
    ledger.keep_version(&house.version, clock.now(), &files)?;
    let office = Office::new(clock, ledger, keys, house);
    office.open_book()?;
    drop(starting);
    Ok(Arc::new(office))
}

/// Whether these settings may come into force: found before anything is made or replaced.
pub(super) fn fit(house: &House, pretended: bool) -> Result<(), DaemonError> {
    let mail = &house.settings.mail;
    let elsewhere = |host: &str| pretended && !config::is_loopback(host);
    if let config::Transport::Smtp(smtp) = &mail.transport
        && elsewhere(smtp.host())
    {
        return Err(DaemonError::Input(format!(
            "假定时间只能配本机的邮件服务器,而 [mail.smtp] host 是 {}:演练的信不能发给真人",
            smtp.host()
        )));
    }
    if let Some(imap) = &mail.imap {
        if elsewhere(imap.host()) {
            return Err(DaemonError::Input(format!(
                "假定时间只能配本机的邮箱,而 [mail.imap] host 是 {}:演练不能读真的来信,也不能把它们标成已读",
                imap.host()
            )));
        }
        imap.mailbox()?;
    }
    super::courier::transports(house)?;
    Ok(())
}

fn make_folder(folder: &Path) -> std::io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Under the spool a key is made; for real mail it must be given, or already be there.
fn link_keys(state: &Path, transport: &config::Transport) -> Result<LinkKeys, DaemonError> {
    if let Some(folder) = environment("CREDENTIALS_DIRECTORY") {
        let credential = Path::new(&folder).join(LINK_KEY);
        if credential.exists() {
            return Ok(LinkKeys::load(&credential)?);
        }
    }
    let path = state.join(LINK_KEY);
    match transport {
        config::Transport::Spool(_) => Ok(LinkKeys::load_or_create(&path)?),
        config::Transport::Smtp(_) if path.exists() => Ok(LinkKeys::load(&path)?),
        config::Transport::Smtp(smtp) if config::is_loopback(smtp.host()) => {
            Ok(LinkKeys::load_or_create(&path)?)
        }
        config::Transport::Smtp(_) => Err(DaemonError::Input(format!(
            "缺少链接密钥:请用 systemd 凭据 {LINK_KEY} 提供,或放在 {}(先用 spool 方式启动一次即会生成)",
            path.display()
        ))),
    }
}

/// Hangs the bell at the first start, and tells the person at the terminal where things stand.
pub(super) fn hang(office: &Office, say: &dyn Fn(&str)) -> Result<(), DaemonError> {
    let house = office.house();
    let calendar = &house.agenda.calendar;
    let now = office.clock.now();
    let today = office.today();
    if office.book()?.state.hung.is_none() && today.year() < EARLIEST_YEAR {
        return Err(DaemonError::Input(format!(
            "服务器的时钟是{today},显然不对。请先校准时钟(timedatectl set-ntp true),再启动"
        )));
    }
    let mut name = [0_u8; 12];
    SystemRandom::new()
        .fill(&mut name)
        .map_err(|_| DaemonError::Input("取不到随机数".to_owned()))?;
    let installation = hex(&name);
    say(&format!(
        "校钟:{}。{}项任务,{}个单位",
        calendar.title,
        calendar.tasks.len(),
        house.agenda.roster.units().len()
    ));
    let letters = office.hang(installation)?;
    office.catch_up_with_files()?;
    match (letters, &house.settings.mail.transport) {
        (Some(letters), config::Transport::Spool(folder)) if letters > 0 => {
            say(&format!(
                "第一次启动:现在开着的职责,给每位联系人各写了一封信,共{letters}封,在 {}",
                folder.display()
            ));
            list(office, say)?;
        }
        (Some(_), _) => {}
        (None, _) => say("接着上次继续:已发过的不会再发"),
    }
    say(&format!("页面:{}", house.settings.base_url));
    if let Some(words) = missing_notice(calendar, today.year()) {
        say(&words);
    }
    // Without the letters that are over, of which there are many.
    let state = office.book()?.state.only(|_, _| true);
    let until = today.saturating_add(60.days());
    match next_letters(&house.agenda, state, now, until) {
        Some((slot, letters)) => say(&format!(
            "下一次发信:{},{letters}封(若无新回执)",
            slot.to_zoned_datetime(calendar.timezone.clone())
                .strftime("%Y-%m-%d %H:%M")
        )),
        None => say("今后60天没有要发的信"),
    }
    Ok(())
}

/// The first letters, a line each.
fn list(office: &Office, say: &dyn Fn(&str)) -> Result<(), DaemonError> {
    /// More than these would push the rest off the screen.
    const MOST: usize = 20;
    let house = office.house();
    let now = office.clock.now();
    let book = office.book()?;
    for no in book.state.open_letters.iter().take(MOST) {
        let content = crate::core::compose::compose(
            &house.agenda,
            &book.state,
            *no,
            now,
            crate::core::compose::Reader::Mail,
        );
        if let Some(content) = content {
            let links = crate::mail::Links::default();
            let subject = house.templates.render(&content, &links).subject;
            say(&format!(
                "  {} {}  {subject}",
                content.unit_name, content.person
            ));
        }
    }
    let left = book.state.open_letters.len().saturating_sub(MOST);
    if left > 0 {
        say(&format!("  ……以及另外{left}封"));
    }
    Ok(())
}
