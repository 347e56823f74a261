#include "channel/server.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <exception>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>

#include "channel/frame.h"
#include "channel/methods.h"
#include "channel/outgoing.h"
#include "channel/rpc.h"
#include "system/stream.h"

namespace auricle::channel {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

constexpr std::size_t readBytes = 64 * 1024;
/// Pieces of a long frame that are read before everything else on the loop gets its turn.
constexpr unsigned readsAtOnce = 32;
/// Requests that wait for a transfer to stop; with more of them under way, none are read.
constexpr unsigned maxLater = 64;
/// What the manager wants from a person before hello, held until then.
constexpr std::size_t maxEarly = 64;

nlohmann::json toJson(const capture::Progress& progress) {
    const auto knownOrNull = [](std::uint64_t value) {
        return value > 0 ? nlohmann::json(value) : nlohmann::json();
    };
    return {{"id", progress.id},
            {"phase", progress.phase},
            {"done", progress.done},
            {"total", knownOrNull(progress.total)},
            {"uploaded", progress.uploaded},
            {"rate", progress.rate},
            {"etaMs", progress.etaMs ? nlohmann::json(*progress.etaMs) : nlohmann::json()}};
}

nlohmann::json toJson(const capture::RefreshWanted& wanted) {
    nlohmann::json params{{"id", wanted.id},
                          {"kind", wanted.kind},
                          {"origin", wanted.origin},
                          {"reason", wanted.reason},
                          {"attempt", wanted.attempt}};
    if (!wanted.site.empty()) params["site"] = wanted.site;
    if (!wanted.store.empty()) params["store"] = wanted.store;
    return params;
}

Error tooLong(std::uint64_t bytes) {
    return {.kind = Kind::too_large,
            .message = "The message is larger than the host takes. Send less at once.",
            .sizeBytes = bytes,
            .limitBytes = maxRequestBytes};
}

Error broken() {
    return {.kind = Kind::internal,
            .message = "Auricle failed at this by a fault of its own. Try again; if it stays, report it."};
}

/// One served browser. Shared, since answers and events that come late hold on to it.
class Link : public std::enable_shared_from_this<Link> {
  public:
    Link(const asio::any_io_executor& executor, const Parts& parts, int inDescriptor)
        : parts_(parts),
          executor_(executor),
          input_(executor, inDescriptor),
          signals_(executor, SIGTERM, SIGINT),
          wake_(executor) {}

    void begin(int outDescriptor);
    asio::awaitable<void> read();
    asio::awaitable<void> leave();

  private:
    /// What follows of a frame that has begun, without a turn of the loop; 0 when nothing is there. An error
    /// shows again.
    std::size_t readWhatIsThere(std::span<char> buffer);
    capture::Events events();
    void take(const Frame& frame);
    void carryOut(const Request& request);
    void answer(const std::string& id, const Answer& answer);
    void answerLater(std::string id, Later later);
    void becomeReady();
    void take(Tools tools);
    void notify(std::string text);
    void notifyOrHold(std::string text);
    void end();

    bool mustWait() const { return !isEnding_ && (outgoing_->isFull() || later_ >= maxLater); }
    asio::awaitable<void> waitForRoom();
    template <class Condition>
    asio::awaitable<void> waitUntil(Condition isMet, Clock::time_point deadline);

    Parts parts_;
    Desk desk_{.parts = parts_, .tools = {}};
    asio::any_io_executor executor_;
    Stream input_;
    asio::signal_set signals_;
    asio::steady_timer
        wake_;  ///< cancelled whenever something changed that the reader or the end may wait for
    std::shared_ptr<Outgoing> outgoing_;
    FrameReader frames_;
    std::vector<std::string> early_;
    unsigned later_ = 0;
    bool isReady_ = false, isEnding_ = false, isParked_ = false;
};

void Link::begin(int outDescriptor) {
    const std::weak_ptr<Link> link = weak_from_this();
    outgoing_ = std::make_shared<Outgoing>(Stream(executor_, outDescriptor),
                                           Outgoing::Callbacks{.room =
                                                                   [link] {
                                                                       if (const auto self = link.lock())
                                                                           self->wake_.cancel();
                                                                   },
                                                               .gone =
                                                                   [link] {
                                                                       if (const auto self = link.lock())
                                                                           self->end();
                                                                   }});
    boost::system::error_code ignored;
    input_.non_blocking(true, ignored);
    signals_.async_wait([link](boost::system::error_code error, int) {
        if (const auto self = link.lock(); self && !error) self->end();
    });
    parts_.manager.listen(events());
}

capture::Events Link::events() {
    const std::weak_ptr<Link> link = weak_from_this();
    // Before hello nothing is said of captures: its answer tells where each stands.
    const auto whenReady = [link](auto then) {
        if (const auto self = link.lock(); self && self->isReady_) then(*self);
    };
    return {
        .changed =
            [whenReady](const capture::Capture& capture) {
                whenReady([&](Link& self) {
                    auto text = notificationText("capture.changed", {{"capture", capture::toJson(capture)}});
                    self.outgoing_->pushState(capture.id, std::move(text));
                });
            },
        .progress =
            [whenReady](const capture::Progress& progress) {
                whenReady([&](Link& self) {
                    self.outgoing_->pushProgress(progress.id,
                                                 notificationText("capture.progress", toJson(progress)));
                });
            },
        .refreshWanted =
            [link](const capture::RefreshWanted& wanted) {
                if (const auto self = link.lock())
                    self->notifyOrHold(notificationText("refresh.wanted", toJson(wanted)));
            },
        .warning =
            [link](std::string_view kind, std::string_view message) {
                const auto self = link.lock();
                if (self)
                    self->notifyOrHold(
                        notificationText("host.warning", {{"kind", kind}, {"message", message}}));
            }};
}

asio::awaitable<void> Link::read() {
    std::vector<char> buffer(readBytes);
    for (unsigned turn = 0; !isEnding_; ++turn) {
        std::size_t bytes = turn % readsAtOnce == 0 ? 0 : readWhatIsThere(buffer);
        if (bytes == 0) {
            const auto [error, count] =
                co_await input_.async_read_some(asio::buffer(buffer), asio::as_tuple(asio::use_awaitable));
            if (error) break;
            bytes = count;
        }
        std::span<const char> piece(buffer.data(), bytes);
        while (const auto frame = frames_.next(piece)) {
            take(*frame);
            if (mustWait()) co_await waitForRoom();
            if (isEnding_) break;
        }
    }
    end();
}

std::size_t Link::readWhatIsThere(std::span<char> buffer) {
    if (!frames_.isWithinFrame()) return 0;
    boost::system::error_code error;
    const std::size_t bytes = input_.read_some(asio::buffer(buffer.data(), buffer.size()), error);
    return error ? 0 : bytes;
}

asio::awaitable<void> Link::waitForRoom() {
    // While nothing is read, a closed pipe would go unnoticed.
    input_.async_wait(Stream::wait_error, [self = shared_from_this()](boost::system::error_code error) {
        if (!error) self->end();
    });
    co_await waitUntil([this] { return !mustWait(); }, Clock::time_point::max());
    boost::system::error_code ignored;
    input_.cancel(ignored);
}

template <class Condition>
asio::awaitable<void> Link::waitUntil(Condition isMet, Clock::time_point deadline) {
    while (!isMet() && Clock::now() < deadline) {
        wake_.expires_at(deadline);
        co_await wake_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
}

void Link::take(const Frame& frame) {
    if (frame.isTooLong) {
        outgoing_->push(errorText("null", tooLong(frame.announcedBytes)));
        return;
    }
    const auto request = parseRequest(frame.text);
    if (!request) {
        outgoing_->push(faultText(request.error()));
        return;
    }
    try {
        carryOut(*request);
    } catch (const std::exception&) {
        // A bug in one method is no reason to lose the captures that are under way.
        answer(request->id, std::unexpected(broken()));
    }
}

void Link::carryOut(const Request& request) {
    const Method* method = findMethod(request.method);
    if (method == nullptr) {
        if (request.id.empty()) return;
        outgoing_->push(faultText(
            {.code = noSuchMethod,
             .message = "This version of Auricle has no such method. Bring the extension and Auricle to "
                        "the same version.",
             .id = request.id}));
        return;
    }
    const bool isHello = method->name == "hello";
    if (!isReady_ && !isHello) {
        answer(request.id, fail(Kind::not_ready, "The first request must be hello."));
        return;
    }
    auto outcome = method->carryOut(desk_, request.params);
    if (auto* later = std::get_if<Later>(&outcome)) {
        answerLater(request.id, std::move(*later));
        return;
    }
    const auto& now = std::get<Answer>(outcome);
    answer(request.id, now);
    if (isHello && now && !isReady_) becomeReady();
}

void Link::answer(const std::string& id, const Answer& answer) {
    if (id.empty()) return;
    std::string text = answer ? resultText(id, *answer) : errorText(id, answer.error());
    if (const auto length = frameLength(text.size()); !length) text = errorText(id, length.error());
    outgoing_->push(std::move(text));
}

void Link::answerLater(std::string id, Later later) {
    ++later_;
    asio::co_spawn(executor_, std::move(later),
                   [self = shared_from_this(), id = std::move(id)](std::exception_ptr thrown, Answer answer) {
                       --self->later_;
                       self->answer(id, thrown ? Answer(std::unexpected(broken())) : answer);
                       self->wake_.cancel();
                   });
}

void Link::becomeReady() {
    isReady_ = true;
    for (auto& text : early_) notify(std::move(text));
    early_ = {};
    if (parts_.ready) parts_.ready();
    if (!parts_.probeTools) return;
    parts_.probeTools([link = weak_from_this()](Tools tools) {
        if (const auto self = link.lock()) self->take(std::move(tools));
    });
}

void Link::take(Tools tools) {
    desk_.tools = std::move(tools);
    notify(notificationText("host.changed", {{"tools", channel::toJson(*desk_.tools)}}));
}

void Link::notify(std::string text) {
    outgoing_->push(std::move(text));
}

void Link::notifyOrHold(std::string text) {
    if (isReady_) {
        notify(std::move(text));
    } else if (early_.size() < maxEarly) {
        early_.push_back(std::move(text));
    }
}

void Link::end() {
    if (isEnding_) return;
    isEnding_ = true;
    if (parts_.ending) parts_.ending();
    boost::system::error_code ignored;
    input_.cancel(ignored);
    wake_.cancel();
}

asio::awaitable<void> Link::leave() {
    const auto deadline = Clock::now() + parts_.leaveTime;
    asio::co_spawn(
        executor_,
        [](std::shared_ptr<Link> self) -> asio::awaitable<void> {
            co_await self->parts_.manager.parkAll();
            self->isParked_ = true;
            self->wake_.cancel();
        }(shared_from_this()),
        asio::detached);
    co_await waitUntil([this] { return isParked_; }, deadline);
    parts_.vault.forget(std::nullopt, std::nullopt);
    // A client that only closed its end of the input may still want the answers.
    co_await waitUntil([this] { return outgoing_->isEmpty(); }, deadline);
    outgoing_->close();
}

}  // namespace

asio::awaitable<void> Server::run(int inDescriptor, int outDescriptor) {
    const auto executor = co_await asio::this_coro::executor;
    const auto link = std::make_shared<Link>(executor, parts_, inDescriptor);
    link->begin(outDescriptor);
    co_await link->read();
    co_await link->leave();
}

}  // namespace auricle::channel
