/* The floor of every native messaging host: reads a frame, writes it back, and nothing else. With an argument
   N it writes no more than the first N bytes of each, so that a host with short answers can be compared as
   well. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { lengthBytes = 4, maxBytes = 8 * 1024 * 1024 };
static char frame[lengthBytes + maxBytes];

static int readAll(char* into, size_t bytes) {
    while (bytes > 0) {
        ssize_t count = read(STDIN_FILENO, into, bytes);
        if (count <= 0) return 0;
        into += count;
        bytes -= (size_t)count;
    }
    return 1;
}

static int writeAll(const char* from, size_t bytes) {
    while (bytes > 0) {
        ssize_t count = write(STDOUT_FILENO, from, bytes);
        if (count <= 0) return 0;
        from += count;
        bytes -= (size_t)count;
    }
    return 1;
}

int main(int argc, char** argv) {
    uint32_t most = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : maxBytes;
    uint32_t bytes;
    while (readAll(frame, lengthBytes)) {
        memcpy(&bytes, frame, lengthBytes);
        if (bytes > maxBytes || !readAll(frame + lengthBytes, bytes)) return 1;
        if (bytes > most) memcpy(frame, &most, lengthBytes);
        if (!writeAll(frame, lengthBytes + (bytes > most ? most : bytes))) return 1;
    }
    return 0;
}
