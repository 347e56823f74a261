// The program `auricle`: a browser starts it as its native messaging host, a person from the command line.
#include "command/start.h"

int main(int argc, char** argv) {
    return auricle::command::start(argc, argv);
}
