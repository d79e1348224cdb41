/* The version of the relay, as --version and `welcome` tell it: the Makefile reads it from the file
 * VERSION. */
#ifndef VERSION_H
#define VERSION_H

#define RELAY_NAME "commentary-relay"
#define RELAY_VERSION COMMENTARY_VERSION

#endif
