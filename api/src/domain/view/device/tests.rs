use DeviceType::{Bot, Desktop, Mobile, Tablet, Unknown};

use super::*;

#[test]
fn an_address_loses_what_tells_its_owner() {
    let told = |text| address(text).map(network);
    assert_eq!(told("203.0.113.77").unwrap(), "203.0.113.0/24");
    assert_eq!(told("::ffff:203.0.113.77").unwrap(), "203.0.113.0/24");
    assert_eq!(told("203.0.113.77:5050").unwrap(), "203.0.113.0/24");
    assert_eq!(told("2001:db8:aaaa:bbbb::1").unwrap(), "2001:db8:aaaa::/48");
    assert_eq!(told("[2001:db8:aaaa:bbbb::1]:80").unwrap(), "2001:db8:aaaa::/48");
    assert_eq!(told("unknown"), None);
}

/// What real browsers, apps and programs name themselves, and what is made of it.
const AGENTS: &[(&str, DeviceType, Option<&str>, Option<&str>)] = &[
    // Phones, tablets and computers.
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
        Mobile,
        Some("Safari"),
        Some("iOS"),
    ),
    (
        "Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 Mobile/15E148 Safari/604.1",
        Tablet,
        Some("Safari"),
        Some("iOS"),
    ),
    (
        "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36",
        Mobile,
        Some("Chrome"),
        Some("Android"),
    ),
    (
        "Mozilla/5.0 (Linux; Android 13; SM-X700) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
        Tablet,
        Some("Chrome"),
        Some("Android"),
    ),
    (
        "Mozilla/5.0 (Linux; Android 14; SM-A556E) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36",
        Mobile,
        Some("SamsungBrowser"),
        Some("Android"),
    ),
    (
        "Mozilla/5.0 (Linux; arm_64; Android 12; CPH2205) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.6367.159 YaBrowser/24.4.1.208 (broteam) SA/3 Mobile Safari/537.36",
        Mobile,
        Some("Yandex Browser"),
        Some("Android"),
    ),
    (
        "Mozilla/5.0 (Linux; Android 10; CUBOT X20 PRO) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0.0.0 Mobile Safari/537.36",
        Mobile,
        Some("Chrome"),
        Some("Android"),
    ),
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/131.0.6778.73 Mobile/15E148 Safari/604.1",
        Mobile,
        Some("Chrome"),
        Some("iOS"),
    ),
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:131.0) Gecko/20100101 Firefox/131.0",
        Desktop,
        Some("Firefox"),
        Some("Windows 10"),
    ),
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0",
        Desktop,
        Some("Edge"),
        Some("Windows 10"),
    ),
    // An iPad that asks for desktop pages cannot be told from a Mac: its page says that it is a tablet.
    (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15",
        Desktop,
        Some("Safari"),
        Some("Mac OSX"),
    ),
    // Browsers inside of apps.
    (
        "Mozilla/5.0 (Linux; Android 14; SM-S918B Build/UP1A.231005.007; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/131.0.6778.39 Mobile Safari/537.36 Telegram-Android/11.4.2 (Samsung SM-S918B; Android 14; SDK 34; HIGH)",
        Mobile,
        Some("Telegram"),
        Some("Android"),
    ),
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Instagram 334.0.4.32.98 (iPhone14,2; iOS 17_5_1; en_US; en; scale=3.00; 1170x2532; 610419056)",
        Mobile,
        Some("Instagram"),
        Some("iOS"),
    ),
    (
        "Mozilla/5.0 (Linux; Android 13; SM-A536B Build/TP1A.220624.014; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/125.0.6422.165 Mobile Safari/537.36 Instagram 335.0.0.39.93 Android (33/13; 450dpi; 1080x2185; samsung; SM-A536B; a53x; s5e8825; ru_RU; 613457203)",
        Mobile,
        Some("Instagram"),
        Some("Android"),
    ),
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/21E236 [FBAN/FBIOS;FBAV/462.0.0.35.107;FBBV/591357513;FBDV/iPhone13,2;FBMD/iPhone;FBSN/iOS;FBSV/17.4.1;FBSS/3;FBID/phone;FBLC/en_US;FBOP/5]",
        Mobile,
        Some("Facebook"),
        Some("iOS"),
    ),
    (
        "Mozilla/5.0 (Linux; Android 14; Pixel 7 Build/UQ1A.240205.002; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/122.0.6261.64 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/453.0.0.0.28;]",
        Mobile,
        Some("Facebook"),
        Some("Android"),
    ),
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 16_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/20B82 [FBAN/MessengerForiOS;FBAV/395.0.0.53.107;FBDV/iPhone12,1;FBMD/iPhone;FBSN/iOS]",
        Mobile,
        Some("Messenger"),
        Some("iOS"),
    ),
    (
        "Mozilla/5.0 (Linux; Android 12; M2101K7AG Build/SKQ1.210908.001; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/121.0.6167.178 Mobile Safari/537.36 VKAndroidApp/8.63-19471 (Android 12; SDK 31; arm64-v8a; Xiaomi M2101K7AG; ru; 2400x1080)",
        Mobile,
        Some("VK"),
        Some("Android"),
    ),
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 WhatsApp/2.23.20.78",
        Mobile,
        Some("WhatsApp"),
        Some("iOS"),
    ),
    (
        "Mozilla/5.0 (Linux; Android 13; V2109 Build/TP1A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/116.0.0.0 Mobile Safari/537.36 Viber/21.0.4.5",
        Mobile,
        Some("Viber"),
        Some("Android"),
    ),
    (
        "Mozilla/5.0 (Linux; Android 12; SM-G991B; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/110.0.5481.153 Mobile Safari/537.36 musical_ly_2022803040 JsSdk/1.0 NetType/WIFI Channel/googleplay AppName/musical_ly app_version/28.3.4 ByteLocale/en",
        Mobile,
        Some("TikTok"),
        Some("Android"),
    ),
    (
        "Mozilla/5.0 (Linux; Android 14; Pixel 8 Build/AP1A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/124.0.0.0 Mobile Safari/537.36",
        Mobile,
        Some("Webview"),
        Some("Android"),
    ),
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
        Mobile,
        Some("Webview"),
        Some("iOS"),
    ),
    // A studio's own app by the library of its platform is no program that looks by itself.
    ("okhttp/4.12.0", Unknown, None, None),
    ("Dart/3.5 (dart:io)", Unknown, None, None),
    ("Studio/12 CFNetwork/1498.700.2 Darwin/23.6.0", Mobile, None, Some("iOS")),
    // Previews of links.
    ("TelegramBot (like TwitterBot)", Bot, None, None),
    ("WhatsApp/2.23.20.0 A", Bot, None, None),
    ("WhatsApp/2.2441.7 N", Bot, None, None),
    ("facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)", Bot, None, None),
    ("meta-externalagent/1.1 (+https://developers.facebook.com/docs/sharing/webmasters/crawler)", Bot, None, None),
    ("Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", Bot, None, None),
    ("Slack-ImgProxy (+https://api.slack.com/robots)", Bot, None, None),
    ("Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)", Bot, None, None),
    ("Mozilla/5.0 (compatible; vkShare; +http://vk.com/dev/Share)", Bot, None, None),
    ("Twitterbot/1.0", Bot, None, None),
    ("LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)", Bot, None, None),
    (
        "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5 skype-url-preview@microsoft.com",
        Bot,
        None,
        None,
    ),
    ("Viber/13.3.0.15", Bot, None, None),
    ("Mozilla/5.0 (compatible; OdklBot/1.0; +https://odnoklassniki.ru)", Bot, None, None),
    // Crawlers, some of which run scripts.
    ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", Bot, None, None),
    (
        "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.6723.69 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        Bot,
        None,
        None,
    ),
    (
        "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.6723.69 Mobile Safari/537.36 (compatible; Google-InspectionTool/1.0;)",
        Bot,
        None,
        None,
    ),
    ("Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)", Bot, None, None),
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 8_1 like Mac OS X) AppleWebKit/600.1.4 (KHTML, like Gecko) Version/8.0 Mobile/12B411 Safari/600.1.4 (compatible; YandexMobileScreenShotBot/1.0; +http://yandex.com/bots)",
        Bot,
        None,
        None,
    ),
    ("Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", Bot, None, None),
    ("Mozilla/5.0 (compatible; Linux x86_64; Mail.RU_Bot/2.1; +http://go.mail.ru/help/robots)", Bot, None, None),
    ("Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)", Bot, None, None),
    (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15 (Applebot/0.1; +http://www.apple.com/go/applebot)",
        Bot,
        None,
        None,
    ),
    (
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/130.0.0.0 Safari/537.36",
        Bot,
        None,
        None,
    ),
    (
        "Mozilla/5.0 (Linux; Android 11; moto g power (2022)) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0.0.0 Mobile Safari/537.36 Chrome-Lighthouse",
        Bot,
        None,
        None,
    ),
    // Programs that fetch.
    ("curl/8.5.0", Bot, None, None),
    ("Wget/1.21.4", Bot, None, None),
    ("python-requests/2.32.3", Bot, None, None),
    ("Python/3.12 aiohttp/3.9.5", Bot, None, None),
    ("Go-http-client/2.0", Bot, None, None),
    ("Java/17.0.10", Bot, None, None),
    ("axios/1.7.2", Bot, None, None),
    ("PostmanRuntime/7.39.0", Bot, None, None),
];

#[test]
fn a_user_agent_tells_what_the_phone_leaves_out() {
    let mut wrong = Vec::new();
    for (user_agent, device_type, browser, os) in AGENTS {
        let device = Device::known(None, None, None, Some(user_agent));
        let read = (device.device_type, device.browser.as_deref(), device.os.as_deref());
        if read != (*device_type, *browser, *os) {
            wrong.push(format!("{read:?} of {user_agent}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_the_phone_says_counts_unless_it_is_a_crawler() {
    let agent = "Mozilla/5.0 (Linux; Android 14; Pixel 8) Chrome/130.0.0.0 Mobile Safari/537.36";
    let device = Device::known(Some(DeviceType::Tablet), Some("Studio".into()), None, Some(agent));
    assert_eq!((device.device_type, device.browser.as_deref()), (DeviceType::Tablet, Some("Studio")));
    let crawler = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
    let device = Device::known(Some(DeviceType::Mobile), None, None, Some(crawler));
    assert_eq!(device.device_type, DeviceType::Bot);
    assert_eq!(Device::known(None, None, None, None).device_type, DeviceType::Unknown);
    let long = "x\u{0}y".repeat(500);
    assert_eq!(Device::known(None, None, None, Some(&long)).user_agent.unwrap().len(), LONGEST_USER_AGENT);
}
