// A study backend in memory, behind net::HttpClient: lectures, tus uploads, presigned parts at a store of
// another origin, the plain form, and every fault that a test orders.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "net/http.h"

namespace auricle::delivery::testing {

/// What one request meets instead of its plain answer.
struct Fault {
    enum class What {
        status,      ///< `status` and `body` are answered, nothing else happens
        lost,        ///< the request does not arrive
        answerLost,  ///< it arrives and is done, the answer does not come back
        cut,         ///< a PATCH breaks off behind `bytes` bytes, which are kept
        flip,        ///< one bit of a PATCH's body turns over on the way
        less,        ///< a PATCH keeps `bytes` bytes and says so
        lose,        ///< the stored upload loses its last `bytes` bytes before the request is answered
        flipStored,  ///< one bit of the stored upload turns over
        forget,      ///< the upload is gone before the request is answered
        raise,       ///< the offset is said to be `bytes` higher
        mute,        ///< the answer comes without its tus headers
    } what = What::status;
    int status = 503;
    std::string body{};
    std::vector<net::Header> headers{};
    std::uint64_t bytes = 0;
};

struct Seen {
    std::string method, origin, path, body;
    net::Headers headers;
    std::string authorization;
    std::uint32_t totalTimeoutMs = 0;
    bool http1 = false, isStream = false, hasCredentials = false, expectsContinue = false;
};

class FakeBackend final : public net::HttpClient {
  public:
    struct Row {
        std::string id{}, key{}, status = "uploading", upload{}, sha256{}, error{}, registration{};
        std::map<std::string, std::string> captions{};  ///< by language
    };
    struct Upload {
        std::string bytes;
        std::uint64_t length = 0;
        bool isDeferred = false;
        std::map<std::size_t, std::string> parts{};  ///< presigned, by number
    };

    boost::asio::awaitable<Result<net::Response>> send(net::Request request) override;
    boost::asio::awaitable<Result<net::Response>> send(net::Request request, net::BodySink& sink) override;

    /// The next request with this method meets the fault; several wait their turn.
    void order(std::string method, Fault fault, unsigned times = 1);
    std::vector<std::string> methods() const;  ///< "PATCH /files/1", in order
    std::size_t count(std::string_view method) const;
    const Row& only() const { return rows.begin()->second; }
    const Upload& uploadOf(const Row& row) const { return uploads.at(row.upload); }
    bool isReady(const std::string& key) const;

    std::map<std::string, Row> rows;        ///< by Idempotency-Key
    std::map<std::string, Upload> uploads;  ///< by path
    std::vector<Seen> seen;
    std::map<std::string, std::deque<Fault>> orders;
    /// Asked for every request that no order was left for.
    std::function<std::optional<Fault>(const net::Request&)> chance;
    std::function<void(const net::Request&)> before;
    std::function<void(const net::Request&)> after;  ///< the answer is on its way
    std::string checksums = "sha1,sha256";           ///< empty: no checksum extension
    std::string uploadOrigin = "https://study.example.edu";
    std::string protocol = "tus";
    std::optional<std::uint64_t> maxSize;
    bool acceptsCaptions = false;
    std::uint64_t storePartBytes = 1000;  ///< presigned
    std::string storeOrigin = "https://store.example.com";
    bool speaksForm = false;
    std::string formAnswer = R"({"lecture_id":"form-1","status":"pending","created":true})";
    /// What GET …/status answers, one after the other, the last one for ever: status code and body.
    std::deque<std::pair<int, std::string>> standings{{200, R"({"status":"completed"})"}};
    bool speaksLectures = true, answersOptions = true, defersLength = false;
    unsigned patchesWithoutHead = 0;  ///< PATCHes that came after an error with no HEAD between

  private:
    net::Response answer(const net::Request& request, const std::string& body,
                         const std::optional<Fault>& fault);
    net::Response lectures(const net::Request& request, const std::string& body);
    net::Response enter(const net::Request& request, const std::string& body);
    net::Response complete(Row& row, const std::string& body);
    net::Response tus(const net::Request& request, const std::string& body,
                      const std::optional<Fault>& fault);
    net::Response patch(const net::Request& request, Upload& upload, std::string body,
                        const std::optional<Fault>& fault);
    net::Response part(const net::Request& request, const std::string& body);
    net::Response join(Row& row, const std::string& body);
    net::Response standing();
    std::string place(const Row& row) const;
    std::string newUpload(std::uint64_t length);
    std::string describe(const Row& row) const;
    Row* byId(const std::string& id);

    unsigned madeUploads_ = 0;
    std::map<std::string, bool> owesHead_;  ///< by upload path
};

}  // namespace auricle::delivery::testing
