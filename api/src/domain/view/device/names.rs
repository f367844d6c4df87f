//! What the list of browsers does not know: programs that nobody looks through, and browsers inside of apps.

/// Parts of the names of programs, in lower case: previews of links, crawlers, libraries of servers. What runs scripts
/// as browsers do is among them only if it says that nobody looks.
///
/// Not here are the libraries of phones' platforms, such as okhttp: a studio's own app is no bot for forgetting to name
/// itself.
const PROGRAMS: &[&str] = &[
    "facebookexternalhit",
    "meta-external",
    "vkshare",
    "slack-imgproxy",
    "skypeuripreview",
    "bingpreview",
    "iframely",
    "embedly",
    "google-inspectiontool",
    "google-pagerenderer",
    "googleother",
    "mediapartners-google",
    "feedfetcher",
    "googleimageproxy",
    "chrome-lighthouse",
    "headlesschrome",
    "phantomjs",
    "yahoo! slurp",
    "ia_archiver",
    "spider",
    "crawler",
    "prerender",
    "pingdom",
    "statuscake",
    "curl/",
    "wget/",
    "python",
    "aiohttp",
    "go-http-client",
    "java/",
    "httpclient",
    "axios/",
    "node-fetch",
    "undici",
    "libwww-perl",
    "postmanruntime",
    "insomnia/",
    "httpie/",
    "scrapy",
    "guzzlehttp",
];

/// Messengers that look at a link before anybody opens it name themselves and nothing else; the browsers inside of them
/// begin as all browsers do.
const BEGINNINGS: &[&str] = &["whatsapp/", "viber/"];

/// Parts of the names of apps whose inner browsers open links, and what they are called. The first that fits counts.
const APPS: &[(&str, &str)] = &[
    ("Telegram", "Telegram"),
    ("Instagram", "Instagram"),
    ("FBAN/Messenger", "Messenger"),
    ("Orca-Android", "Messenger"),
    ("FBAN/", "Facebook"),
    ("FB_IAB/", "Facebook"),
    ("FBAV/", "Facebook"),
    ("VKAndroidApp", "VK"),
    ("VKiOSApp", "VK"),
    ("com.vk.", "VK"),
    ("WhatsApp", "WhatsApp"),
    ("Viber", "Viber"),
    ("musical_ly", "TikTok"),
    ("BytedanceWebview", "TikTok"),
    ("TikTok", "TikTok"),
    ("MicroMessenger", "WeChat"),
    ("Snapchat", "Snapchat"),
    ("Twitter for", "X"),
    ("TwitterAndroid", "X"),
    ("LinkedInApp", "LinkedIn"),
    ("Pinterest", "Pinterest"),
    ("OKApp", "Odnoklassniki"),
    ("Discord", "Discord"),
    (" Line/", "LINE"),
    ("YaApp_", "Yandex"),
    ("YaSearch", "Yandex"),
    ("GSA/", "Google"),
    ("; wv)", "Webview"),
];

/// Whether it is the name of a program that looks by itself.
pub(super) fn is_program(user_agent: &str) -> bool {
    let name = user_agent.to_ascii_lowercase();
    BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
        || PROGRAMS.iter().any(|part| name.contains(part))
        || names_a_bot(&name)
}

/// Most of them end a word by bot. So does Cubot, who makes phones.
fn names_a_bot(name: &str) -> bool {
    name.match_indices("bot").any(|(start, bot)| {
        let is_last = !name[start + bot.len()..].starts_with(|next: char| next.is_ascii_alphabetic());
        is_last && !name[..start].ends_with("cu")
    })
}

/// The app whose inner browser it is.
pub(super) fn app(user_agent: &str) -> Option<&'static str> {
    APPS.iter().find(|(part, _)| user_agent.contains(part)).map(|(_, name)| *name)
}
