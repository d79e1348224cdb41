/* The version of the tools, as --version tells it: the Makefile reads it from the file VERSION. */
#ifndef VERSION_H
#define VERSION_H

#define VERSION COMMENTARY_VERSION

#endif
