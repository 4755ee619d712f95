//! `mail test`: trying the mail server.

use std::path::Path;
use std::process::ExitCode;

use crate::cli::answer::Counter;
use crate::cli::{AT_FAULT, Desk, print};
use crate::config;
use crate::core::fact::{Event, LetterKind};
use crate::core::names::Address;
use crate::mail::{
    self, Envelope, Header, Links, Mailbox, Numbered, Spool, Templates, Transport, message_id,
    sample,
};

pub(super) fn run(config: &Path, address: &str) -> anyhow::Result<ExitCode> {
    let desk = Desk::open(config)?;
    let to: Address = Mailbox::parse(address)
        .map_err(|error| anyhow::anyhow!("{error}"))?
        .address;
    let settings = &desk.settings.mail;
    let mut transport = match &settings.transport {
        config::Transport::Spool(folder) => {
            print(&format!(
                "现在的 transport 是 spool:信只存成文件,不会真的发出。要真发,请在配置里改为 smtp。\n试信写到 {}\n",
                folder.display()
            ))?;
            Transport::Spool(Spool::new(
                folder.clone(),
                desk.loaded.agenda.calendar.timezone.clone(),
            ))
        }
        config::Transport::Smtp(smtp) => {
            print(&format!("连接 {}\n", smtp.place()))?;
            Transport::Smtp(Box::new(smtp.connection()?))
        }
    };
    let (templates, problems) = Templates::load(Some(&settings.templates));
    for problem in problems {
        print(&format!(
            "{}\n",
            problem.render(desk.loaded.locale(), false)
        ))?;
    }
    let calendar = &desk.loaded.agenda.calendar.title;
    let content = sample::trial(to.clone(), calendar, desk.now, desk.today());
    let links = Links {
        contact: settings.contact.clone(),
        tag: Numbered::new(content.letter, b"mail test").tag,
        ..Links::default()
    };
    let rendered = templates.render(&content, &links);
    let id = message_id(
        b"mail test",
        "mail-test",
        desk.now,
        &to,
        LetterKind::Alert,
        settings.from.host(),
    );
    let header = Header {
        from: &settings.from,
        reply_to: None,
        person: "",
        to: &to,
        message_id: &id,
        date: desk.now,
        calendar,
    };
    let bytes = mail::compose(&header, &rendered, None)?;
    let envelope = Envelope {
        from: settings.from.address.clone(),
        to,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let probe = runtime.block_on(transport.probe(&envelope, desk.now, &bytes));
    for step in &probe.steps {
        print(&format!("{step}\n"))?;
    }
    Ok(match &probe.sent {
        mail::Sent::Accepted(text) => {
            // A folder takes everything: it proves nothing of a mailbox.
            if matches!(settings.transport, config::Transport::Smtp(_)) {
                recover(config, &desk, &envelope.to, text)?;
            }
            ExitCode::SUCCESS
        }
        _ => ExitCode::from(AT_FAULT),
    })
}

/// A mailbox that was given up, and takes a letter again, is written to again.
fn recover(config: &Path, desk: &Desk, address: &Address, text: &str) -> anyhow::Result<()> {
    if !desk.state()?.0.unreachable.contains_key(address) {
        return Ok(());
    }
    let event = Event::Reachable {
        address: address.clone(),
        text: text.to_owned(),
    };
    Counter::open(config)?.record(None, |_| Ok((vec![event.clone()], ())))?;
    print("这个邮箱曾经收不到信,现在恢复,以后照常发给它\n")
}
