//! What the demo's studios have: names only, no code.

/// A studio of the demo.
pub(super) struct StudioPlan {
    pub(super) name: &'static str,
    pub(super) slug: &'static str,
    pub(super) contact_email: &'static str,
    pub(super) time_zone: chrono_tz::Tz,
    pub(super) projects: &'static [ProjectPlan],
}

/// A project and its orders.
pub(super) struct ProjectPlan {
    pub(super) name: &'static str,
    pub(super) folders: &'static [FolderPlan],
    pub(super) orders: &'static [OrderPlan],
}

/// A folder, after the one that it lies in, and the places of the orders that lie in it, counted from 1.
pub(super) struct FolderPlan {
    pub(super) path: &'static str,
    pub(super) orders: &'static [i64],
}

const fn folder(path: &'static str, orders: &'static [i64]) -> FolderPlan {
    FolderPlan { path, orders }
}

/// An order: for whom, its photo, and its videos in their order.
pub(super) struct OrderPlan {
    pub(super) customer: &'static str,
    pub(super) photo: &'static str,
    pub(super) videos: &'static [&'static str],
}

const fn order(customer: &'static str, photo: &'static str, videos: &'static [&'static str]) -> OrderPlan {
    OrderPlan { customer, photo, videos }
}

pub(super) const STUDIOS: &[StudioPlan] = &[
    StudioPlan {
        name: "Vertex AR",
        slug: "vertex-ar",
        contact_email: "hello@vertex.local",
        time_zone: chrono_tz::Europe::Moscow,
        projects: &[
            ProjectPlan {
                name: "Свадьбы 2026",
                folders: &[
                    folder("/Весна", &[1, 2]),
                    folder("/Лето", &[]),
                    folder("/Лето/Июнь", &[3, 4]),
                    folder("/Лето/Август", &[5]),
                ],
                orders: &[
                    order("Анна и Пётр Смирновы", "harbour.jpg", &["harbour-sunrise.mp4", "lanterns-rising.mp4"]),
                    order("Мария и Илья Орловы", "cherry-blossom.jpg", &["lanterns-rising.mp4"]),
                    order(
                        "Ольга и Денис Волковы",
                        "paper-lanterns.jpg",
                        &["lanterns-rising.mp4", "fireworks-show.mp4"],
                    ),
                    order("Katya and Max Lindqvist", "old-bridge.jpg", &["harbour-sunrise.mp4"]),
                    order("Дарья и Антон Белые", "lighthouse.jpg", &["harbour-sunrise.mp4", "aurora-dance.mp4"]),
                    order("Вера и Глеб Соколовы", "vase-of-flowers.jpg", &["koi-swimming.mp4"]),
                    order("Юлия и Артём Зайцевы", "palm-beach.jpg", &["harbour-sunrise.mp4"]),
                    order("Елена и Роман Ковалёвы", "fireworks.jpg", &["fireworks-show.mp4", "balloons-rising.mp4"]),
                ],
            },
            ProjectPlan {
                name: "Школьные альбомы",
                folders: &[folder("/Школы", &[1, 2, 3, 4]), folder("/Кружки", &[6, 7, 8])],
                orders: &[
                    order("Школа № 57, 4 «А»", "balloons.jpg", &["balloons-rising.mp4", "birthday-candles.mp4"]),
                    order("Школа № 57, 4 «Б»", "birthday-cake.jpg", &["birthday-candles.mp4"]),
                    order("Гимназия № 12, 9 «В»", "ferris-wheel.jpg", &["balloons-rising.mp4"]),
                    order("Лицей «Вторая школа»", "autumn-forest.jpg", &["snowfall.mp4", "aurora-dance.mp4"]),
                    order("Детский сад «Радуга»", "tulip-field.jpg", &["balloons-rising.mp4"]),
                    order("Музыкальная школа № 3", "night-skyline.jpg", &["fireworks-show.mp4"]),
                    order("Художественная школа", "lemons.jpg", &["koi-swimming.mp4"]),
                    order("Спортшкола «Старт»", "alpine-lake.jpg", &["aurora-dance.mp4"]),
                ],
            },
            ProjectPlan {
                name: "Новогодние открытки",
                folders: &[folder("/Компании", &[3, 4, 5, 6])],
                orders: &[
                    order("Семья Никитиных", "snow-village.jpg", &["snowfall.mp4", "fireworks-show.mp4"]),
                    order("Семья Фёдоровых", "hot-cocoa.jpg", &["snowfall.mp4"]),
                    order("Кофейня «Зерно»", "old-town-street.jpg", &["lanterns-rising.mp4", "snowfall.mp4"]),
                    order("Отель «Северный»", "aurora.jpg", &["aurora-dance.mp4"]),
                    order("ООО «Маяк»", "misty-mountains.jpg", &["snowfall.mp4"]),
                    order("Издательство «Лист»", "waterfall.jpg", &["koi-swimming.mp4", "aurora-dance.mp4"]),
                ],
            },
        ],
    },
    StudioPlan {
        name: "Lumen",
        slug: "lumen",
        contact_email: "studio@lumen.local",
        time_zone: chrono_tz::Europe::Berlin,
        projects: &[
            ProjectPlan {
                name: "City Prints",
                folders: &[folder("/Harbour", &[2, 6]), folder("/Harbour/Old Bridge", &[4])],
                orders: &[
                    order("Bookshop Lindenstraße", "old-town-street.jpg", &["lanterns-rising.mp4"]),
                    order("Harbour Hotel", "harbour.jpg", &["harbour-sunrise.mp4", "fireworks-show.mp4"]),
                    order("Skyline Offices", "night-skyline.jpg", &["fireworks-show.mp4"]),
                    order("Museum of the Bridge", "old-bridge.jpg", &["koi-swimming.mp4"]),
                    order("Ferris Wheel Park", "ferris-wheel.jpg", &["balloons-rising.mp4"]),
                    order("Lighthouse Tours", "lighthouse.jpg", &["harbour-sunrise.mp4"]),
                ],
            },
            ProjectPlan {
                name: "Nature Calendar",
                folders: &[],
                orders: &[
                    order("January", "aurora.jpg", &["aurora-dance.mp4", "snowfall.mp4"]),
                    order("February", "snow-village.jpg", &["snowfall.mp4"]),
                    order("April", "koi-pond.jpg", &["koi-swimming.mp4"]),
                    order("May", "tulip-field.jpg", &["balloons-rising.mp4"]),
                    order("August", "desert-dunes.jpg", &["aurora-dance.mp4"]),
                    order("October", "autumn-forest.jpg", &["koi-swimming.mp4", "snowfall.mp4"]),
                ],
            },
        ],
    },
];
