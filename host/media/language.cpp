#include "media/language.h"

#include <array>
#include <string>

namespace auricle::media {
namespace {

struct Names {
    std::string_view two, three, bibliographic;  ///< ISO 639-1, 639-2/T, 639-2/B where it is another
};

/// Those that lectures are held and dubbed in; another one has to be named in the same way on both sides.
constexpr std::array names{
    Names{"ar", "ara", {}},    Names{"bg", "bul", {}},    Names{"bn", "ben", {}},  Names{"ca", "cat", {}},
    Names{"cs", "ces", "cze"}, Names{"cy", "cym", "wel"}, Names{"da", "dan", {}},  Names{"de", "deu", "ger"},
    Names{"el", "ell", "gre"}, Names{"en", "eng", {}},    Names{"es", "spa", {}},  Names{"et", "est", {}},
    Names{"eu", "eus", "baq"}, Names{"fa", "fas", "per"}, Names{"fi", "fin", {}},  Names{"fr", "fra", "fre"},
    Names{"ga", "gle", {}},    Names{"gl", "glg", {}},    Names{"gsw", "gsw", {}}, Names{"he", "heb", {}},
    Names{"hi", "hin", {}},    Names{"hr", "hrv", {}},    Names{"hu", "hun", {}},  Names{"id", "ind", {}},
    Names{"is", "isl", "ice"}, Names{"it", "ita", {}},    Names{"ja", "jpn", {}},  Names{"ka", "kat", "geo"},
    Names{"ko", "kor", {}},    Names{"la", "lat", {}},    Names{"lt", "lit", {}},  Names{"lv", "lav", {}},
    Names{"mk", "mkd", "mac"}, Names{"ms", "msa", "may"}, Names{"nb", "nob", {}},  Names{"nl", "nld", "dut"},
    Names{"nn", "nno", {}},    Names{"no", "nor", {}},    Names{"pl", "pol", {}},  Names{"pt", "por", {}},
    Names{"rm", "roh", {}},    Names{"ro", "ron", "rum"}, Names{"ru", "rus", {}},  Names{"sk", "slk", "slo"},
    Names{"sl", "slv", {}},    Names{"sq", "sqi", "alb"}, Names{"sr", "srp", {}},  Names{"sv", "swe", {}},
    Names{"sw", "swa", {}},    Names{"ta", "tam", {}},    Names{"th", "tha", {}},  Names{"tr", "tur", {}},
    Names{"uk", "ukr", {}},    Names{"ur", "urd", {}},    Names{"vi", "vie", {}},  Names{"zh", "zho", "chi"},
};

/// The first subtag in small letters, and in its three-letter form where that is known.
std::string primary(std::string_view tag) {
    std::string language(tag.substr(0, tag.find_first_of("-_")));
    for (char& letter : language)
        if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
    for (const Names& one : names)
        if (!language.empty() && (language == one.two || language == one.bibliographic))
            return std::string(one.three);
    return language;
}

}  // namespace

bool isSameLanguage(std::string_view one, std::string_view other) {
    return primary(one) == primary(other);
}

}  // namespace auricle::media
