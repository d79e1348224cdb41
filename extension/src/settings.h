/*
 * settings.h
 *		The settings (GUCs) of the extension; commentary.c defines them and
 *		README.md explains each.
 */
#ifndef COMMENTARY_SETTINGS_H
#define COMMENTARY_SETTINGS_H

typedef enum AckMode
{
	ACK_STAGED, /* COMMIT returns at once */
	ACK_DURABLE /* COMMIT returns when the flush is on disk */
} AckMode;

extern int commentary_ack;		  /* AckMode */
extern int commentary_chunk_rows; /* rows in one flusher transaction */
extern int commentary_max_databases;
extern int commentary_max_message_bytes;
extern int commentary_segment_blocks; /* of BLCKSZ, before segments rotate */

#endif /* COMMENTARY_SETTINGS_H */
