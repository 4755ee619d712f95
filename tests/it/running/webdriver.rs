//! A real browser, told what to do: Debian's Chromium by its chromedriver, in the words of `WebDriver`, which are JSON over
//! HTTP. (The crates for it bring a licence that we don't take, or download drivers by themselves.)

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::chromium::{FLAGS, is_there, limited};
use super::house::left_out;
use super::waiting::{wait_for, wait_until};

/// The key under which `WebDriver` hands out elements.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

pub(super) const TAB: &str = "\u{e004}";
pub(super) const ENTER: &str = "\u{e007}";

/// The screens that pages have to be good on: a small telephone, a desk.
const WIDTHS: [u32; 2] = [360, 1200];

/// What somebody sits before.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Screen {
    /// 360 by 740, touched.
    Telephone,
    /// The same, with scripts switched off.
    TelephoneWithoutScripts,
    /// 1200 by 900.
    Desk,
}

pub(super) struct Chromium {
    driver: Child,
    agent: ureq::Agent,
    /// The address of the session.
    session: String,
    screen: Screen,
    /// Where pictures of the pages go.
    album: PathBuf,
    /// Its profile, and what it downloads.
    folder: TempDir,
}

/// Where pictures go: the folder that `SCHOOLBELL_PICTURES` names.
fn album() -> PathBuf {
    let given = std::env::var_os("SCHOOLBELL_PICTURES").map(PathBuf::from);
    given.unwrap_or_else(|| Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser"))
}

/// Whether a test has to be left out for want of a browser, and says so. With `CI=true` none may be.
pub(super) fn is_left_out() -> bool {
    let missing = !is_there("chromedriver") || !is_there("chromium");
    if missing {
        left_out("there is no chromium with its chromium-driver");
    }
    missing
}

/// All the words that can be read on a page.
const WORDS: &str = "return document.body ? document.body.innerText : ''";

impl Chromium {
    pub(super) fn open(screen: Screen) -> Self {
        let mut driver = limited(900, "chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let said = |line: String| {
            let (_, port) = line.split_once("successfully on port ")?;
            port.trim_end_matches('.').parse::<u16>().ok()
        };
        let port = lines.map_while(Result::ok).find_map(said).unwrap();
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_mins(2)))
            .build()
            .into();
        let mut browser = Self {
            driver,
            agent,
            session: format!("http://127.0.0.1:{port}"),
            screen,
            album: album(),
            folder: tempfile::tempdir().unwrap(),
        };
        fs::create_dir_all(&browser.album).unwrap();
        let made = browser.call("POST", "/session", &browser.wishes());
        browser.session += "/session/";
        browser.session += made["sessionId"].as_str().unwrap();
        fs::create_dir(browser.downloads()).unwrap();
        browser.devtools(
            "Browser.setDownloadBehavior",
            &json!({"behavior": "allow", "downloadPath": browser.downloads()}),
        );
        if screen == Screen::TelephoneWithoutScripts {
            browser.devtools(
                "Emulation.setScriptExecutionDisabled",
                &json!({"value": true}),
            );
        }
        browser
    }

    fn downloads(&self) -> PathBuf {
        self.folder.path().join("downloads")
    }

    fn wishes(&self) -> Value {
        let profile = self.folder.path().join("profile");
        let own = [
            "--lang=zh-CN".to_owned(),
            "--window-size=1200,900".to_owned(),
            format!("--user-data-dir={}", profile.display()),
        ];
        let flags = FLAGS.map(str::to_owned).into_iter().chain(own);
        let mut chrome = json!({"args": flags.collect::<Vec<_>>()});
        if self.screen != Screen::Desk {
            chrome["mobileEmulation"] = json!({
                "deviceMetrics": {"width": 360, "height": 740, "pixelRatio": 2.0, "touch": true, "mobile": true},
            });
        }
        json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": chrome,
            "goog:loggingPrefs": {"browser": "ALL"},
        }}})
    }

    fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        self.try_call(method, path, body)
            .unwrap_or_else(|error| panic!("{method} {path} {body}: {error}"))
    }

    fn try_call(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        let address = format!("{}{path}", self.session);
        let asked = if method == "GET" {
            self.agent.get(address).call()
        } else {
            let asked = self.agent.post(address);
            asked
                .header("Content-Type", "application/json")
                .send(body.to_string())
        };
        let mut reply = asked.unwrap();
        let fine = reply.status().is_success();
        let text = reply.body_mut().read_to_string().unwrap();
        let mut said: Value = serde_json::from_str(&text).unwrap();
        if fine {
            Ok(said["value"].take())
        } else {
            Err(said["value"]["message"].to_string())
        }
    }

    fn devtools(&self, command: &str, parameters: &Value) -> Value {
        let said = self.try_devtools(command, parameters);
        said.unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    fn try_devtools(&self, command: &str, parameters: &Value) -> Result<Value, String> {
        let body = json!({"cmd": command, "params": parameters});
        self.try_call("POST", "/goog/cdp/execute", &body)
    }

    pub(super) fn goto(&self, address: &str) {
        self.call("POST", "/url", &json!({"url": address}));
    }

    /// Where it is.
    pub(super) fn address(&self) -> String {
        self.call("GET", "/url", &Value::Null)
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// What a piece of script comes to. By the inspector, which also looks at a page whose scripts are switched off.
    pub(super) fn eval(&self, script: &str) -> Value {
        let said = self.try_eval(script);
        said.unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    fn try_eval(&self, script: &str) -> Result<Value, String> {
        let parameters = json!({
            "expression": format!("(() => {{{script}}})()"), "returnByValue": true,
        });
        let mut said = self.try_devtools("Runtime.evaluate", &parameters)?;
        if said["exceptionDetails"].is_null() {
            Ok(said["result"]["value"].take())
        } else {
            Err(said.to_string())
        }
    }

    /// All the words that can be read on the page.
    pub(super) fn words(&self) -> String {
        let words = self.eval(WORDS);
        words.as_str().unwrap().to_owned()
    }

    #[track_caller]
    pub(super) fn says(&self, words: &str) {
        let all = self.words();
        assert!(all.contains(words), "“{words}” is not in\n{all}");
    }

    /// The first element that a selector finds.
    #[track_caller]
    pub(super) fn find(&self, css: &str) -> String {
        let found = self.try_call(
            "POST",
            "/element",
            &json!({"using": "css selector", "value": css}),
        );
        let found = found.unwrap_or_else(|error| panic!("{css}: {error}\n{}", self.address()));
        found[ELEMENT].as_str().unwrap().to_owned()
    }

    /// As a finger or the mouse does; waits until the page that comes of it is there.
    #[track_caller]
    pub(super) fn click(&self, css: &str) {
        let element = self.find(css);
        self.call("POST", &format!("/element/{element}/click"), &json!({}));
    }

    /// Touches the middle of what a selector finds, which nothing may cover. The driver's own click needs scripts.
    #[track_caller]
    pub(super) fn touch(&self, css: &str) {
        let place = self.eval(&format!(
            "const found = document.querySelector({css:?}); found.scrollIntoView({{block: 'center'}}); \
             const {{left, top, width, height}} = found.getBoundingClientRect(); \
             const [x, y] = [left + width / 2, top + height / 2]; \
             return {{x, y, bare: found.contains(document.elementFromPoint(x, y))}}"
        ));
        assert_eq!(place["bare"], true, "{css} is covered");
        let points = json!([{"x": place["x"], "y": place["y"]}]);
        for (kind, points) in [("touchStart", points), ("touchEnd", json!([]))] {
            let parameters = json!({"type": kind, "touchPoints": points});
            self.devtools("Input.dispatchTouchEvent", &parameters);
        }
    }

    /// What a field holds.
    #[track_caller]
    pub(super) fn value(&self, css: &str) -> String {
        let element = self.find(css);
        let value = self.call(
            "GET",
            &format!("/element/{element}/property/value"),
            &Value::Null,
        );
        value.as_str().unwrap().to_owned()
    }

    #[track_caller]
    pub(super) fn clear(&self, css: &str) {
        let element = self.find(css);
        self.call("POST", &format!("/element/{element}/clear"), &json!({}));
    }

    /// Types into a field, or gives it files by their paths.
    #[track_caller]
    pub(super) fn write(&self, css: &str, text: &str) {
        let element = self.find(css);
        self.call(
            "POST",
            &format!("/element/{element}/value"),
            &json!({"text": text}),
        );
    }

    /// Puts a day into a field for days, as the wheel of a telephone does: how it is typed differs by country.
    #[track_caller]
    pub(super) fn pick_day(&self, css: &str, day: &str) {
        self.find(css);
        self.eval(&format!("document.querySelector({css:?}).value = {day:?}"));
    }

    /// Chooses of a list by its words.
    #[track_caller]
    pub(super) fn choose(&self, css: &str, words: &str) {
        self.find(css);
        let found = self.eval(&format!(
            "const list = document.querySelector({css:?}); \
             const one = [...list.options].find(o => o.text.includes({words:?})); \
             if (one) list.value = one.value; return !!one"
        ));
        assert_eq!(found, true, "no {words} in {css}");
    }

    /// Strikes keys, wherever the focus is.
    pub(super) fn keys(&self, keys: &str) {
        let strike = |key: char| {
            let key = key.to_string();
            [
                json!({"type": "keyDown", "value": key}),
                json!({"type": "keyUp", "value": key}),
            ]
        };
        let all: Vec<Value> = keys.chars().flat_map(strike).collect();
        let actions = json!({"actions": [{"type": "key", "id": "keyboard", "actions": all}]});
        self.call("POST", "/actions", &actions);
    }

    /// Goes on with the tabulator until the focus is on what a selector finds, and sees that the focus shows.
    #[track_caller]
    pub(super) fn tab_to(&self, css: &str) {
        for _ in 0..60 {
            self.keys(TAB);
            let seen = self.eval(&format!(
                "const at = document.activeElement; const style = getComputedStyle(at); \
                 return [at.matches({css:?}), style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2, \
                 at.outerHTML.slice(0, 120)]"
            ));
            assert_eq!(seen[1], true, "the focus is not seen on {}", seen[2]);
            if seen[0] == true {
                return;
            }
        }
        panic!("the tabulator does not come to {css}");
    }

    /// Waits until these words can be read.
    #[track_caller]
    pub(super) fn wait_for_words(&self, words: &str) {
        // While a page changes, a look may fail.
        let all = || self.try_eval(WORDS).ok();
        wait_for(
            || all()?.as_str()?.contains(words).then_some(()),
            || format!("“{words}” in\n{}", all().unwrap_or_default()),
        );
    }

    /// Waits until it is elsewhere, and all of the page is there.
    #[track_caller]
    pub(super) fn wait_for_address(&self, part: &str) {
        let there = format!(
            "return location.href.includes({part:?}) && document.readyState === 'complete'"
        );
        wait_until(&format!("a page of {part}"), || {
            self.try_eval(&there).is_ok_and(|there| there == true)
        });
    }

    /// Looks at the page as it is: on both screens, light and dark, with a picture of each; nothing runs out of it, all
    /// can be read and named, and the browser has nothing to complain of.
    #[track_caller]
    pub(super) fn look(&self, name: &str) {
        let mut faults = Vec::new();
        for width in WIDTHS {
            self.screen_of(width, 740);
            for scheme in ["light", "dark"] {
                self.devtools(
                    "Emulation.setEmulatedMedia",
                    &json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]}),
                );
                let found = self.eval(FAULTS);
                for fault in found.as_array().unwrap() {
                    faults.push(format!(
                        "{name}, {width} px, {scheme}: {}",
                        fault.as_str().unwrap()
                    ));
                }
                self.picture(&format!("{name}-{width}-{scheme}"), width);
            }
        }
        self.devtools("Emulation.setEmulatedMedia", &json!({"features": []}));
        self.own_screen();
        faults.extend(self.complaints());
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }

    /// What the browser's console has against the page since the last look: errors, and what the policy forbade.
    fn complaints(&self) -> Vec<String> {
        let log = self.call("POST", "/se/log", &json!({"type": "browser"}));
        let entries = log.as_array().unwrap().iter();
        entries
            .filter(|entry| !is_of_an_error_page(entry))
            .map(ToString::to_string)
            .collect()
    }

    /// A page as it is printed, on A4: a picture, and the PDF itself. How many sheets it takes.
    pub(super) fn print(&self, name: &str) -> usize {
        // 156 mm of A4 are left between the margins of an official paper.
        self.screen_of(590, 1200);
        self.devtools("Emulation.setEmulatedMedia", &json!({"media": "print"}));
        self.picture(&format!("{name}-printed"), 590);
        self.devtools("Emulation.setEmulatedMedia", &json!({"media": ""}));
        self.own_screen();
        let parameters = json!({"preferCSSPageSize": true, "printBackground": false});
        let printed = self.devtools("Page.printToPDF", &parameters);
        let pdf = STANDARD.decode(printed["data"].as_str().unwrap()).unwrap();
        fs::write(self.album.join(format!("{name}.pdf")), &pdf).unwrap();
        let text = String::from_utf8_lossy(&pdf);
        text.matches("/Type /Page\n").count()
    }

    /// Clicks on what gives out a file, and waits for it: its name, and its bytes.
    #[track_caller]
    pub(super) fn download(&self, css: &str) -> (String, Vec<u8>) {
        self.click(css);
        let whole = || {
            let files = fs::read_dir(self.downloads()).unwrap();
            let paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
            // What is still under way has a second file beside it, or a name of its own.
            let [path] = paths.as_slice() else {
                return None;
            };
            let bytes = fs::read(path)
                .ok()
                .filter(|_| path.extension().is_some_and(|kind| kind == "xlsx"))?;
            (!bytes.is_empty()).then(|| (path.clone(), bytes))
        };
        let (path, bytes) = wait_for(whole, || format!("a file that comes of {css}"));
        fs::remove_file(&path).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap();
        (name.to_owned(), bytes)
    }

    fn screen_of(&self, width: u32, height: u32) {
        let metrics = json!({
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500,
        });
        self.devtools("Emulation.setDeviceMetricsOverride", &metrics);
    }

    fn own_screen(&self) {
        let (width, height) = match self.screen {
            Screen::Desk => (1200, 900),
            Screen::Telephone | Screen::TelephoneWithoutScripts => (360, 740),
        };
        self.screen_of(width, height);
    }

    fn picture(&self, name: &str, width: u32) {
        let size = self.devtools("Page.getLayoutMetrics", &json!({}));
        let height = size["cssContentSize"]["height"]
            .as_f64()
            .unwrap()
            .min(6000.0);
        let clip = json!({"x": 0, "y": 0, "width": width, "height": height, "scale": 1});
        let taken = self.devtools(
            "Page.captureScreenshot",
            &json!({"format": "png", "captureBeyondViewport": true, "clip": clip}),
        );
        let bytes = STANDARD.decode(taken["data"].as_str().unwrap()).unwrap();
        fs::write(self.album.join(format!("{name}.png")), bytes).unwrap();
    }
}

/// The console tells of every page whose status is an error, which is what some are looked at for.
fn is_of_an_error_page(entry: &Value) -> bool {
    let message = entry["message"].as_str().unwrap_or_default();
    message.contains("the server responded with a status of") && !message.contains("style.css")
}

/// What is wrong with a page, in a list of words.
const FAULTS: &str = include_str!("faults.js");

impl Drop for Chromium {
    fn drop(&mut self) {
        // The session ends its Chromium, and then the driver is asked to go; its limit passes that on to all it started.
        let _ = self.agent.delete(&self.session).call();
        let pid = rustix::process::Pid::from_child(&self.driver);
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        let _ = self.driver.wait();
    }
}
