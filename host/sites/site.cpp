#include "sites/site.h"

#include <algorithm>

namespace auricle::sites {
namespace {

std::string lowered(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return out;
}

}  // namespace

std::string chosenLanguage(const std::vector<std::string>& languages, std::string_view wished) {
    if (languages.empty()) return {};
    auto exactly = lowered(wished);
    auto broadly = exactly.substr(0, exactly.find('-'));
    auto found = std::ranges::find_if(languages, [&](const auto& one) { return lowered(one) == exactly; });
    if (found == languages.end()) {
        found = std::ranges::find_if(languages, [&](const auto& one) {
            return !broadly.empty() && lowered(one).substr(0, one.find('-')) == broadly;
        });
    }
    return found == languages.end() ? languages.front() : *found;
}

boost::asio::awaitable<Result<Captions>> Site::captions(Page, std::string, Visit) {
    co_return fail(Kind::not_found, "This site gives no captions.");
}

boost::asio::awaitable<Result<Items>> Site::list(ListPage, Range, Visit) {
    co_return fail(Kind::unsupported_site,
                   "Auricle knows no lists of this site. Open the recording itself and capture it there.");
}

boost::asio::awaitable<Result<Login>> Site::checkLogin(std::string, Visit) {
    co_return fail(Kind::unsupported_site, "Nobody signs in to this site, so there is nothing to be asked.");
}

}  // namespace auricle::sites
