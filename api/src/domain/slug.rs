//! Names in addresses.

/// The longest slug.
pub const LONGEST_SLUG: usize = 255;

/// A name as a slug: Cyrillic letters transliterated, anything else that is no Latin letter or digit a hyphen. Empty
/// if nothing of the name can be kept.
#[must_use]
pub fn slug_of(name: &str) -> String {
    let mut slug = String::new();
    for letter in name.to_lowercase().chars() {
        match letter {
            'a'..='z' | '0'..='9' => slug.push(letter),
            _ => match latin(letter) {
                Some(latin) => slug.push_str(latin),
                None if slug.ends_with('-') || slug.is_empty() => {}
                None => slug.push('-'),
            },
        }
    }
    slug.truncate(LONGEST_SLUG);
    slug.trim_end_matches('-').to_owned()
}

/// A Russian, Ukrainian or Belarusian letter in Latin ones.
fn latin(letter: char) -> Option<&'static str> {
    Some(match letter {
        'а' => "a",
        'б' => "b",
        'в' => "v",
        'г' | 'ґ' => "g",
        'д' => "d",
        'е' | 'э' => "e",
        'ё' => "yo",
        'є' => "ye",
        'ж' => "zh",
        'з' => "z",
        'и' | 'і' => "i",
        'ї' => "yi",
        'й' => "y",
        'к' => "k",
        'л' => "l",
        'м' => "m",
        'н' => "n",
        'о' => "o",
        'п' => "p",
        'р' => "r",
        'с' => "s",
        'т' => "t",
        'у' => "u",
        'ў' => "u",
        'ф' => "f",
        'х' => "kh",
        'ц' => "ts",
        'ч' => "ch",
        'ш' => "sh",
        'щ' => "shch",
        'ъ' | 'ь' => "",
        'ы' => "y",
        'ю' => "yu",
        'я' => "ya",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::slug_of;

    #[test]
    fn names_become_slugs() {
        for (name, slug) in [
            ("Vertex AR", "vertex-ar"),
            ("Фотостудия «Щука» №1", "fotostudiya-shchuka-1"),
            ("  -- a  --  b -- ", "a-b"),
            ("写真館", ""),
            ("already-a-slug", "already-a-slug"),
        ] {
            assert_eq!(slug_of(name), slug, "{name}");
        }
    }
}
