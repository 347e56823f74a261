// The captions that Panopto has of a recording, in one language.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "sites/site.h"

namespace auricle::sites {

/// The language behind a number of DeliveryInfo's AvailableLanguages, as BCP 47 has it. A number of which
/// nobody knows the language is `x-panopto-NUMBER`, a tag of private use, so that its captions can be had.
std::string panoptoLanguage(unsigned number);
/// The number of such a tag.
std::optional<unsigned> panoptoLanguageNumber(std::string_view tag);

/// Asks DeliveryInfo for its captions, as the player does, and where that gives none the page that makes a
/// file of them. Each once: they are a gift, for which nothing is tried again. `language` is one of
/// About::captionLanguages.
boost::asio::awaitable<Result<Captions>> panoptoCaptions(Page page, std::string language, Visit visit);

}  // namespace auricle::sites
