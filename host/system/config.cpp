#include "system/config.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "system/config_values.h"

namespace auricle {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::array siteNames{"panopto", "mubi", "youtube", "playback", "direct"};
constexpr std::uintmax_t maxFileBytes = 1u << 20;
constexpr std::uint64_t maxBytesValue = 1ull << 53;  // what every JSON program can still write exactly

/// What a value's reader needs to know beside the value.
struct Origin {
    fs::path file;
    fs::path home;
};

/// One key: how its value is read into the configuration (or what would have been right) and how it is shown.
struct Key {
    std::string name;
    std::function<Checked<void>(Config&, const json&, const Origin&)> read;
    std::function<json(const Config&)> show;
};

using Keys = std::vector<Key>;

/// `member` gives the field of a configuration that is const or not.
template <class Member, class Check>
Key key(std::string name, Member member, Check check) {
    return {.name = std::move(name),
            .read = [=](Config& config, const json& value, const Origin& origin) -> Checked<void> {
                auto checked = check(value, origin);
                if (!checked) return std::unexpected(std::move(checked.error()));
                member(config) = std::move(*checked);
                return {};
            },
            .show = [=](const Config& config) -> json {
                const auto& field = member(config);
                if constexpr (std::is_same_v<std::remove_cvref_t<decltype(field)>, fs::path>) {
                    return field.string();
                } else {
                    return field;
                }
            }};
}

auto truth() {
    return [](const json& value, const Origin&) -> Checked<bool> {
        if (!value.is_boolean()) return expected("true or false");
        return value.get<bool>();
    };
}

template <class Number>
auto number(std::uint64_t least, std::uint64_t most, std::string unit) {
    return [=](const json& value, const Origin&) -> Checked<Number> {
        if (value.is_number_unsigned()) {
            const auto given = value.get<std::uint64_t>();
            if (given >= least && given <= most) return static_cast<Number>(given);
        }
        return expected("a whole number of " + unit + " from " + std::to_string(least) + " to " +
                        std::to_string(most));
    };
}

auto choice(std::vector<std::string> words) {
    return [=](const json& value, const Origin&) -> Checked<std::string> {
        if (value.is_string() && std::ranges::count(words, value.get_ref<const std::string&>()) > 0) {
            return value.get<std::string>();
        }
        std::string text = "one of";
        for (const auto& word : words) text += (&word == &words.front() ? " \"" : ", \"") + word + '"';
        return expected(std::move(text));
    };
}

auto path() {
    return [](const json& value, const Origin& origin) -> Checked<fs::path> {
        if (!value.is_string()) return expected("a path as text");
        return resolvePath(value.get_ref<const std::string&>(), origin.file.parent_path(), origin.home);
    };
}

auto text(Checked<std::string> (*check)(std::string_view)) {
    return [=](const json& value, const Origin&) -> Checked<std::string> {
        if (!value.is_string()) return expected("a text");
        return check(value.get_ref<const std::string&>());
    };
}

auto list(Checked<std::string> (*check)(std::string_view)) {
    return [=](const json& value, const Origin&) -> Checked<std::vector<std::string>> {
        if (!value.is_array()) return expected("a list of texts, such as [\"…\"]");
        std::vector<std::string> items;
        for (std::size_t i = 0; i < value.size(); ++i) {
            const std::string at = "/" + std::to_string(i);
            if (!value[i].is_string()) return expected("a text", at);
            auto item = check(value[i].get_ref<const std::string&>());
            if (!item) return expected(std::move(item.error().right), at);
            items.push_back(std::move(*item));
        }
        return items;
    };
}

void addSites(Keys& keys) {
    for (const std::string site : siteNames) {
        keys.push_back(key(
            "sites." + site + ".enabled",
            [=](auto& c) -> auto& { return c.sites.find(site)->second.enabled; }, truth()));
        keys.push_back(key(
            "sites." + site + ".useCookies",
            [=](auto& c) -> auto& { return c.sites.find(site)->second.useCookies; }, truth()));
        if (site == "panopto") {
            keys.push_back(key(
                "sites.panopto.hosts", [](auto& c) -> auto& { return c.panopto.hosts; }, list(checkHost)));
            keys.push_back(key(
                "sites.panopto.whenDownloadsAreOff",
                [](auto& c) -> auto& { return c.panopto.whenDownloadsAreOff; },
                choice({"refuse", "stream"})));
        }
        if (site == "mubi") {
            keys.push_back(key(
                "sites.mubi.heartbeatMs", [](auto& c) -> auto& { return c.mubi.heartbeatMs; },
                number<std::uint64_t>(0, 86'400'000, "milliseconds (0: never)")));
        }
        if (site == "playback") {
            keys.push_back(key(
                "sites.playback.origins", [](auto& c) -> auto& { return c.playback.origins; },
                list(checkOrigin)));
            keys.push_back(key(
                "sites.playback.cookies", [](auto& c) -> auto& { return c.playback.cookies; },
                list(checkCookieName)));
        }
    }
}

void addVault(Keys& keys) {
    constexpr std::uint64_t dayMs = 86'400'000, monthMs = 30 * dayMs;
    keys.push_back(key(
        "vault.staleBeforeExpiryMs", [](auto& c) -> auto& { return c.vault.staleBeforeExpiryMs; },
        number<std::uint64_t>(0, dayMs, "milliseconds")));
    keys.push_back(key(
        "vault.staleAfterAnswerMs", [](auto& c) -> auto& { return c.vault.staleAfterAnswerMs; },
        number<std::uint64_t>(1, monthMs, "milliseconds")));
    keys.push_back(key(
        "vault.sessionAgeMs", [](auto& c) -> auto& { return c.vault.sessionAgeMs; },
        number<std::uint64_t>(1, monthMs, "milliseconds")));
    keys.push_back(key(
        "vault.holdPreviousMs", [](auto& c) -> auto& { return c.vault.holdPreviousMs; },
        number<std::uint64_t>(0, 300'000, "milliseconds (0: none is held)")));
}

/// Every key there is, in the order in which `auricle config` shows them.
Keys allKeys() {
    Keys keys;
    keys.reserve(48);
    keys.push_back(key(
        "backends", [](auto& c) -> auto& { return c.backends; }, list(checkOrigin)));
    keys.push_back(key(
        "delivery.folder", [](auto& c) -> auto& { return c.delivery.folder; }, path()));
    keys.push_back(key(
        "delivery.maxBytes", [](auto& c) -> auto& { return c.delivery.maxBytes; },
        number<std::uint64_t>(0, maxBytesValue, "bytes (0: no limit)")));
    keys.push_back(key(
        "delivery.followStatusMs", [](auto& c) -> auto& { return c.delivery.followStatusMs; },
        number<std::uint64_t>(0, 3'600'000, "milliseconds")));
    keys.push_back(key(
        "network.caFile", [](auto& c) -> auto& { return c.network.caFile; }, path()));
    keys.push_back(key(
        "network.connectTo", [](auto& c) -> auto& { return c.network.connectTo; }, list(checkConnectTo)));
    keys.push_back(key(
        "network.proxy", [](auto& c) -> auto& { return c.network.proxy; }, text(checkProxy)));
    keys.push_back(key(
        "network.maxBytesPerSecond", [](auto& c) -> auto& { return c.network.maxBytesPerSecond; },
        number<std::uint64_t>(0, maxBytesValue, "bytes a second (0: no limit)")));
    keys.push_back(key(
        "captures.atOnce", [](auto& c) -> auto& { return c.captures.atOnce; },
        number<unsigned>(1, 32, "captures")));
    keys.push_back(key(
        "captures.keepPartsDays", [](auto& c) -> auto& { return c.captures.keepPartsDays; },
        number<unsigned>(0, 3650, "days")));
    keys.push_back(key(
        "captures.signInMs", [](auto& c) -> auto& { return c.captures.signInMs; },
        number<std::uint64_t>(0, 86'400'000, "milliseconds")));
    keys.push_back(key(
        "captures.language", [](auto& c) -> auto& { return c.captures.language; }, text(checkLanguage)));
    addSites(keys);
    keys.push_back(key(
        "refresh.perHour", [](auto& c) -> auto& { return c.refresh.perHour; },
        number<unsigned>(0, 3600, "refreshes")));
    keys.push_back(key(
        "refresh.burst", [](auto& c) -> auto& { return c.refresh.burst; },
        number<unsigned>(1, 3600, "refreshes")));
    keys.push_back(key(
        "refresh.deadlineMs", [](auto& c) -> auto& { return c.refresh.deadlineMs; },
        number<std::uint64_t>(1, 3'600'000, "milliseconds")));
    addVault(keys);
    keys.push_back(key(
        "jobs.enabled", [](auto& c) -> auto& { return c.jobs.enabled; }, truth()));
    keys.push_back(key(
        "jobs.perHour", [](auto& c) -> auto& { return c.jobs.perHour; }, number<unsigned>(1, 3600, "jobs")));
    keys.push_back(key(
        "jobs.waitMs", [](auto& c) -> auto& { return c.jobs.waitMs; },
        number<std::uint64_t>(1'000, 60'000, "milliseconds")));
    keys.push_back(key(
        "jobs.reportEveryMs", [](auto& c) -> auto& { return c.jobs.reportEveryMs; },
        number<std::uint64_t>(0, 3'600'000, "milliseconds")));
    keys.push_back(key(
        "tools.ffmpeg", [](auto& c) -> auto& { return c.tools.ffmpeg; }, path()));
    keys.push_back(key(
        "tools.ytDlp", [](auto& c) -> auto& { return c.tools.ytDlp; }, path()));
    keys.push_back(key(
        "log.level", [](auto& c) -> auto& { return c.log.level; },
        choice({"error", "warn", "info", "debug"})));
    return keys;
}

/// One step of a JSON pointer (RFC 6901 section 3).
std::string pointerStep(std::string_view name) {
    std::string step = "/";
    for (const char c : name) step += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
    return step;
}

std::unexpected<Error> wrong(const fs::path& file, std::string what, std::string pointer) {
    return std::unexpected(Error{.kind = Kind::bad_params,
                                 .message = file.string() + ": " + std::move(what),
                                 .path = std::move(pointer)});
}

bool isSection(const Keys& keys, const std::string& name) {
    return std::ranges::any_of(keys, [&](const Key& k) { return k.name.starts_with(name + "."); });
}

/// " Did you mean …?" with the nearest key or section, or nothing where none is near.
std::string suggestion(const Keys& keys, std::string_view name) {
    std::vector<std::string> names;
    for (const Key& k : keys) {
        names.push_back(k.name);
        for (auto dot = k.name.find('.'); dot != k.name.npos; dot = k.name.find('.', dot + 1))
            names.push_back(k.name.substr(0, dot));
    }
    const auto nearest = nearestName(name, names);
    return nearest.empty() ? "" : " Did you mean \"" + nearest + "\"?";
}

/// One file's content: nothing where there is no such file.
Result<std::optional<json>> parseFile(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    if (!stream) {
        if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
        return wrong(file, std::string("cannot be read (") + std::strerror(errno) + ").", "");
    }
    std::error_code error;
    if (const auto size = fs::file_size(file, error); error || size > maxFileBytes) {
        return wrong(file,
                     error ? "cannot be read (" + error.message() + ")."
                           : "is larger than a configuration can be (1 MiB).",
                     "");
    }
    try {
        auto content = json::parse(stream);
        if (content.is_object()) return content;
        return wrong(file, "must hold one JSON object, such as {\"log\": {\"level\": \"info\"}}.", "");
    } catch (const json::parse_error& fault) {
        return wrong(file, std::string("is no valid JSON: ") + fault.what(), "");
    }
}

/// Puts files over the defaults, one after the other, and remembers where each value came from.
class Loader {
  public:
    explicit Loader(const Paths& paths) : home_(paths.home) {
        for (const char* site : siteNames) loaded_.config.sites.emplace(site, SiteConfig{});
        if (!paths.music.empty()) loaded_.config.delivery.folder = paths.music / "Auricle";
        sources_.assign(keys_.size(), {});
        locked_.assign(keys_.size(), false);
    }

    Result<void> readSystem(const fs::path& file) {
        auto content = parseFile(file);
        if (!content) return std::unexpected(std::move(content.error()));
        if (!*content) return {};
        json locked = json::array();
        if (const auto found = (*content)->find("locked"); found != (*content)->end()) {
            locked = std::move(*found);
            (*content)->erase(found);
        }
        if (auto taken = takeSection(**content, {}, {file, home_}); !taken) return taken;
        systemFile_ = file;
        return lock(locked);
    }

    Result<void> readUser(const fs::path& file) {
        auto content = parseFile(file);
        if (!content) return std::unexpected(std::move(content.error()));
        if (!*content) return {};
        if ((*content)->contains("locked")) {
            return wrong(file, "only the system-wide file may lock keys; take \"locked\" out.", "/locked");
        }
        return takeSection(**content, {}, {file, home_});
    }

    LoadedConfig finish() && {
        for (std::size_t i = 0; i < keys_.size(); ++i) {
            loaded_.values.push_back(
                {.key = keys_[i].name,
                 .value = keys_[i].show(loaded_.config).dump(-1, ' ', false, json::error_handler_t::replace),
                 .source = sources_[i].empty() ? "default" : sources_[i].string(),
                 .isLocked = locked_[i]});
        }
        return std::move(loaded_);
    }

  private:
    /// Where in a file we are.
    struct Spot {
        std::string name;     ///< "network.caFile"
        std::string pointer;  ///< "/network/caFile"

        Spot below(const std::string& step) const {
            return {name.empty() ? step : name + '.' + step, pointer + pointerStep(step)};
        }
    };

    Result<void> takeSection(const json& section, const Spot& spot, const Origin& origin) {
        for (const auto& [name, value] : section.items()) {
            const Spot below = spot.below(name);
            if (name.find('.') != name.npos) {
                return wrong(origin.file,
                             '"' + name +
                                 "\" has a dot in it; keys stand one in the other, as in {\"log\": "
                                 "{\"level\": \"info\"}}.",
                             below.pointer);
            }
            if (auto taken = takeKey(value, below, origin); !taken) return taken;
        }
        return {};
    }

    Result<void> takeKey(const json& value, const Spot& spot, const Origin& origin) {
        const auto found = std::ranges::find(keys_, spot.name, &Key::name);
        if (found != keys_.end())
            return takeValue(static_cast<std::size_t>(found - keys_.begin()), value, spot, origin);
        if (!isSection(keys_, spot.name)) {
            return wrong(
                origin.file,
                '"' + spot.name + "\" is not a key of the configuration." + suggestion(keys_, spot.name),
                spot.pointer);
        }
        if (!value.is_object()) {
            return wrong(
                origin.file,
                '"' + spot.name + "\" must be an object that holds keys, not " + value.type_name() + '.',
                spot.pointer);
        }
        return takeSection(value, spot, origin);
    }

    Result<void> takeValue(std::size_t index, const json& value, const Spot& spot, const Origin& origin) {
        const Key& taken = keys_[index];
        const json before = locked_[index] ? taken.show(loaded_.config) : json();
        if (auto read = taken.read(loaded_.config, value, origin); !read) {
            return wrong(origin.file, '"' + taken.name + "\" must be " + read.error().right + '.',
                         spot.pointer + read.error().at);
        }
        if (!locked_[index]) {
            sources_[index] = origin.file;
            return {};
        }
        // The same value again changes nothing and is let pass: a person's file may be older than the lock.
        if (taken.show(loaded_.config) == before) return {};
        return wrong(origin.file,
                     '"' + taken.name + "\" is locked by " + systemFile_.string() +
                         " and cannot be changed here; take it out or ask whoever looks after this machine.",
                     spot.pointer);
    }

    Result<void> lock(const json& names) {
        if (!names.is_array())
            return wrong(systemFile_, "\"locked\" must be a list of keys, such as [\"network.caFile\"].",
                         "/locked");
        for (std::size_t i = 0; i < names.size(); ++i) {
            const std::string at = "/locked/" + std::to_string(i);
            if (!names[i].is_string())
                return wrong(systemFile_, "\"locked\" must be a list of keys, such as [\"network.caFile\"].",
                             at);
            const auto& name = names[i].get_ref<const std::string&>();
            if (!lockKeysOf(name)) {
                return wrong(systemFile_,
                             "\"locked\" names \"" + name + "\", which is not a key of the configuration." +
                                 suggestion(keys_, name),
                             at);
            }
        }
        return {};
    }

    /// Locks a key, or all keys of a section; false where there is none of that name.
    bool lockKeysOf(const std::string& name) {
        bool any = false;
        for (std::size_t i = 0; i < keys_.size(); ++i) {
            if (keys_[i].name != name && !keys_[i].name.starts_with(name + ".")) continue;
            locked_[i] = any = true;
        }
        return any;
    }

    Keys keys_ = allKeys();
    LoadedConfig loaded_;
    std::vector<fs::path> sources_;
    std::vector<bool> locked_;
    fs::path home_;
    fs::path systemFile_;
};

}  // namespace

Result<LoadedConfig> loadConfig(const Paths& paths) {
    Loader loader(paths);
    if (auto read = loader.readSystem(paths.systemConfigFile); !read)
        return std::unexpected(std::move(read.error()));
    if (auto read = loader.readUser(paths.configFile); !read) return std::unexpected(std::move(read.error()));
    return std::move(loader).finish();
}

Result<LoadedConfig> loadConfig(const fs::path& systemFile, const fs::path& userFile) {
    Paths paths = findPaths();
    paths.systemConfigFile = systemFile;
    paths.configFile = userFile;
    return loadConfig(paths);
}

}  // namespace auricle
