#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <cstring>

#include "system/child.h"
#include "system/confinement.h"
#include "system/descriptor_posix.h"
#include "system/exec_posix.h"

namespace auricle {
namespace {

namespace asio = boost::asio;

std::unexpected<Error> systemFault(std::string_view what) {
    return fail(
        Kind::internal,
        "A helper program could not be started (" + std::string(what) + ": " + std::strerror(errno) + ").",
        true);
}

/// All that the child needs between fork and exec, where nothing may allocate.
struct Prepared {
    std::vector<char*> arguments, environment;
    const char* folder;
    const Confinement* confinement;
    const std::vector<int>* handedOn;
    int input, output, errors, fault;
    pid_t parent;
};

/// Only calls that are safe in a signal handler stand here: the parent may have more threads (POSIX fork).
[[noreturn]] void becomeProgram(const Prepared& prepared) {
    bindToParent(prepared.parent);
    struct sigaction standard {};
    standard.sa_handler = SIG_DFL;
    for (int signal = 1; signal < NSIG; ++signal)
        ::sigaction(signal, &standard, nullptr);  // Firefox has us ignore SIGPIPE
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    const int input = moveAside(prepared.input), output = moveAside(prepared.output);
    const int errors = moveAside(prepared.errors), fault = moveAside(prepared.fault);
    if (input < 0 || output < 0 || errors < 0 || fault < 0) giveUp(prepared.fault);
    std::array<int, mostHandedOn> handedOn{};
    const std::size_t count = prepared.handedOn->size();
    for (std::size_t i = 0; i < count; ++i) {
        handedOn[i] = moveAside((*prepared.handedOn)[i]);
        if (handedOn[i] < 0) giveUp(prepared.fault);
    }
    ::dup2(input, 0);
    ::dup2(output, 1);
    ::dup2(errors, 2);
    ::dup3(fault, 3, O_CLOEXEC);
    if (!prepared.confinement->putOn()) giveUp(3);
    // Not before: one of these numbers may be the confinement's.
    for (std::size_t i = 0; i < count; ++i) ::dup2(handedOn[i], firstHandedOn + static_cast<int>(i));
    ::closefrom(firstHandedOn + static_cast<int>(count));
    if (::chdir(prepared.folder) != 0) giveUp(3);
    ::execve(prepared.arguments.front(), prepared.arguments.data(), prepared.environment.data());
    giveUp(3);
}

/// A process that is ours to reap. Goes with its whole group.
class Process {
  public:
    explicit Process(pid_t id) : id_(id) {}
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;
    ~Process() {
        kill();
        reap();
    }

    pid_t id() const { return id_; }
    /// Kills the group. While the leader is not reaped its number cannot belong to anyone else.
    void kill() const {
        if (!isReaped_) ::kill(-id_, SIGKILL);
    }
    /// Waits for the end, which after kill() is now. The status as waitpid gives it.
    std::optional<int> reap() {
        if (std::exchange(isReaped_, true)) return std::nullopt;
        int status = 0;
        while (::waitpid(id_, &status, 0) < 0) {
            if (errno != EINTR) return std::nullopt;
        }
        return status;
    }

  private:
    pid_t id_;
    bool isReaped_ = false;
};

/// Hands a descriptor to the loop; false, and it is closed, where the loop cannot take it.
bool watch(asio::posix::stream_descriptor& watched, Descriptor from) {
    boost::system::error_code error;
    watched.assign(from.number(), error);
    if (!error) {
        from.release();
        watched.non_blocking(true, error);
    }
    if (error) errno = error.value();
    return !error;
}

/// What one descriptor of the child brings, up to a limit. Kept alive by the read that is under way.
class Drain : public std::enable_shared_from_this<Drain> {
  public:
    using OnBytes = std::function<void(std::string_view)>;

    /// With `onBytes` nothing is kept; `keepsLast`: the end is kept of what is too long, else the beginning.
    Drain(const asio::any_io_executor& executor, std::size_t maxBytes, bool keepsLast = false,
          OnBytes onBytes = {})
        : descriptor_(executor), maxBytes_(maxBytes), keepsLast_(keepsLast), onBytes_(std::move(onBytes)) {}

    /// False where the loop cannot take the descriptor.
    bool open(Descriptor from) {
        if (!watch(descriptor_, std::move(from))) return false;
        start();
        return true;
    }

    /// Takes what is there without waiting: a grandchild that left the group may hold the other end for ever.
    void finish() {
        isFinished_ = true;
        // A pipe holds 64 KiB; who still writes does not keep us here.
        for (int round = 0; round < 64 && takeSome(); ++round) {
            if (isDry_) break;
        }
        boost::system::error_code ignored;
        descriptor_.close(ignored);
    }

    std::string& text() { return text_; }
    bool isCut() const { return isCut_; }

  private:
    void start() {
        // Bytes are taken in the handler and not before: finish() may come between a read and its handler.
        descriptor_.async_wait(asio::posix::stream_descriptor::wait_read,
                               [self = shared_from_this()](boost::system::error_code error) {
                                   if (!error && !self->isFinished_ && self->takeSome()) self->start();
                               });
    }

    /// One read; false at the end.
    bool takeSome() {
        boost::system::error_code error;
        keep(descriptor_.read_some(asio::buffer(buffer_), error));
        isDry_ = error == asio::error::would_block;
        return !error || isDry_;
    }

    void keep(std::size_t size) {
        if (size > 0 && onBytes_) return onBytes_({buffer_.data(), size});
        if (keepsLast_) {
            text_.append(buffer_.data(), size);
            if (text_.size() <= maxBytes_) return;
            isCut_ = true;
            text_.erase(0, text_.size() - maxBytes_);
            return;
        }
        const std::size_t kept = std::min(size, maxBytes_ - text_.size());
        text_.append(buffer_.data(), kept);
        if (kept < size) isCut_ = true;
    }

    asio::posix::stream_descriptor descriptor_;
    std::size_t maxBytes_;
    bool keepsLast_;
    OnBytes onBytes_;
    std::array<char, 16'384> buffer_{};
    std::string text_;
    bool isCut_ = false;
    bool isFinished_ = false;
    bool isDry_ = false;  ///< the last read found nothing
};

/// A child that runs, and what is heard of it.
struct Started {
    Started(const asio::any_io_executor& executor, pid_t id, const ChildCommand& command)
        : process(id),
          ended(executor),
          output(std::make_shared<Drain>(executor, command.maxOutputBytes, false, command.onOutput)),
          errors(std::make_shared<Drain>(executor, command.maxOutputBytes, command.keepsLastErrors)),
          fault(std::make_shared<Drain>(executor, sizeof(int))) {}

    void finish() {
        for (const auto& drain : {output, errors, fault}) drain->finish();
    }

    Process process;
    asio::posix::stream_descriptor ended;  ///< readable when the process has ended
    std::shared_ptr<Drain> output, errors, fault;
};

Result<std::unique_ptr<Started>> start(const asio::any_io_executor& executor, ChildCommand& command) {
    Pipe output, errors, fault;
    const Descriptor input(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!input.isOpen() || !output.open() || !errors.open() || !fault.open())
        return systemFault("descriptors");
    Result<Confinement> confinement;
    if (!command.onlyFolder.empty()) {
        const Confined confined{.folder = command.onlyFolder,
                                .program = command.program,
                                .alsoReads = command.alsoReads,
                                .mayUseNetwork = command.mayUseNetwork};
        confinement = Confinement::make(confined);
    }
    if (!confinement) return std::unexpected(std::move(confinement.error()));
    std::vector<std::string> arguments{command.program.string()};
    std::ranges::copy(command.arguments, std::back_inserter(arguments));
    const Prepared prepared{.arguments = pointersTo(arguments),
                            .environment = pointersTo(command.environment),
                            .folder = command.folder.c_str(),
                            .confinement = &*confinement,
                            .handedOn = &command.handedOn,
                            .input = input.number(),
                            .output = output.write.number(),
                            .errors = errors.write.number(),
                            .fault = fault.write.number(),
                            .parent = ::getpid()};
    const pid_t id = ::fork();
    if (id < 0) return systemFault("fork");
    if (id == 0) becomeProgram(prepared);
    ::setpgid(id, id);  // here too: whoever comes first, a kill of the group finds it
    auto started = std::make_unique<Started>(executor, id, command);
    Descriptor ended(openPidfd(id));
    if (!ended.isOpen() || !watch(started->ended, std::move(ended)) ||
        !started->output->open(std::move(output.read)) || !started->errors->open(std::move(errors.read)) ||
        !started->fault->open(std::move(fault.read))) {
        auto failed = systemFault("watching it");
        started->finish();
        return failed;
    }
    return started;
}

/// Why a child was killed before its time, if it was.
struct Ending {
    std::optional<Kind> kind;
};

/// Waits for the end, killing on the way when time is up or a stop is asked for.
asio::awaitable<Ending> waitForEnd(Started& started, std::chrono::milliseconds limit, std::stop_token stop) {
    const auto executor = co_await asio::this_coro::executor;
    const auto ending = std::make_shared<Ending>();
    const std::weak_ptr<Ending> watched = ending;
    const auto end = [&started, watched](Kind kind) {
        const auto running = watched.lock();
        if (!running || running->kind) return;
        running->kind = kind;
        started.process.kill();
    };
    const std::stop_callback stopping(
        stop, [executor, end] { asio::post(executor, [end] { end(Kind::cancelled); }); });
    asio::steady_timer timer(executor);
    if (limit.count() > 0) {
        timer.expires_after(limit);
        timer.async_wait([end](boost::system::error_code error) {
            if (!error) end(Kind::timeout);
        });
    }
    const auto [error] = co_await started.ended.async_wait(asio::posix::stream_descriptor::wait_read,
                                                           asio::as_tuple(asio::use_awaitable));
    if (error && !ending->kind) ending->kind = Kind::cancelled;
    co_return *ending;
}

Error startFault(const std::filesystem::path& program, const std::string& bytes) {
    int reason = 0;
    std::memcpy(&reason, bytes.data(), sizeof reason);
    return {.kind = Kind::tool_missing,
            .message = program.string() + " cannot be run (" + std::strerror(reason) +
                       "). Install it, or name another in the configuration."};
}

Result<ChildOutcome> judge(const ChildCommand& command, Started& started, Ending ending,
                           std::optional<int> status) {
    const std::string name = command.program.filename().string();
    if (ending.kind == Kind::cancelled) return fail(Kind::cancelled, name + " was stopped.");
    if (ending.kind == Kind::timeout)
        return fail(
            Kind::timeout,
            name + " took longer than " + std::to_string(command.timeLimit.count()) + " ms and was ended.",
            true);
    if (started.fault->text().size() == sizeof(int))
        return std::unexpected(startFault(command.program, started.fault->text()));
    if (!status)
        return fail(Kind::internal,
                    "How " + name + " ended is not known: SIGCHLD is ignored in this process.");
    return ChildOutcome{.status = WIFEXITED(*status) ? WEXITSTATUS(*status) : -1,
                        .signal = WIFSIGNALED(*status) ? WTERMSIG(*status) : 0,
                        .output = std::move(started.output->text()),
                        .errors = std::move(started.errors->text()),
                        .outputCut = started.output->isCut(),
                        .errorsCut = started.errors->isCut()};
}

}  // namespace

asio::awaitable<Result<ChildOutcome>> run(ChildCommand command, std::stop_token stop) {
    if (stop.stop_requested())
        co_return fail(Kind::cancelled, command.program.filename().string() + " was stopped.");
    auto started = start(co_await asio::this_coro::executor, command);
    if (!started) co_return std::unexpected(std::move(started.error()));
    Started& child = **started;
    const Ending ending = co_await waitForEnd(child, command.timeLimit, stop);
    child.process.kill();
    const auto status = child.process.reap();
    child.finish();
    co_return judge(command, child, ending, status);
}

std::vector<std::string> plainEnvironment() {
    constexpr std::array<std::string_view, 11> wanted{"PATH",
                                                      "HOME",
                                                      "LANG",
                                                      "LC_ALL",
                                                      "LC_CTYPE",
                                                      "LC_MESSAGES",
                                                      "TMPDIR",
                                                      "LD_LIBRARY_PATH",
                                                      "XDG_CONFIG_HOME",
                                                      "XDG_CACHE_HOME",
                                                      "XDG_RUNTIME_DIR"};
    std::vector<std::string> kept;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        if (std::ranges::count(wanted, text.substr(0, text.find('='))) > 0) kept.emplace_back(text);
    }
    return kept;
}

}  // namespace auricle
