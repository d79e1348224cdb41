/* The version of the relay, as --version and `welcome` tell it. */
#ifndef VERSION_H
#define VERSION_H

#define RELAY_NAME "commentary-relay"
#define RELAY_VERSION "1.0.0"

#endif
