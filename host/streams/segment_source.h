// A list of segments whose references have been resolved as far as they are common: where each one lies.
#pragma once

#include <string>
#include <vector>

#include "media/segment_list.h"
#include "net/url.h"
#include "streams/way.h"

namespace auricle::streams {

class SegmentSource {
  public:
    /// `manifest`: the URL that the list came from, after redirects.
    static Result<SegmentSource> of(const net::Url& manifest, media::SegmentList list, const Visit& visit);

    const media::SegmentList& list() const { return list_; }
    std::size_t size() const { return list_.segments.size(); }
    const media::Segment& operator[](std::size_t index) const { return list_.segments[index]; }

    Result<net::Url> urlOf(const media::Segment& segment, const Visit& visit) const;
    Result<net::Url> urlOf(const media::SegmentInit& init, const Visit& visit) const;
    Result<net::Url> urlOf(const media::SegmentKey& key, const Visit& visit) const;

    /// The same for two lists of the same segments, whatever host and query they are reached by: signed
    /// addresses change, what they lead to does not. As the text of a strong ETag.
    std::string identity() const;

  private:
    net::Url manifest_;
    media::SegmentList list_;
    std::vector<net::Url> bases_;
};

}  // namespace auricle::streams
