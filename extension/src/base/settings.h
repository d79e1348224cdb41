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

typedef enum StagingFull
{
	FULL_WAIT, /* for room, at most commentary.staging_timeout */
	FULL_ERROR
} StagingFull;

typedef enum Role
{
	ROLE_PRIMARY,
	ROLE_FOLLOWER /* of a primary, by logical replication */
} Role;

extern bool commentary_allow_log_changes;
extern int commentary_ack;			  /* AckMode */
extern int commentary_ack_timeout_ms; /* 0: none */
extern int commentary_chunk_rows;	  /* rows in one flusher transaction */
extern int commentary_max_databases;
extern int commentary_max_message_bytes;
extern int commentary_max_staged;			 /* rows */
extern double commentary_notify_queue_limit; /* per cent */
extern int commentary_region_lag_limit_ms;	 /* 0: none */
extern int commentary_role;					 /* Role */
extern bool commentary_score_follows;
extern int commentary_segment_blocks; /* of BLCKSZ, before segments rotate */
extern int commentary_staging_full;	  /* StagingFull */
extern int commentary_staging_timeout_ms;

#endif /* COMMENTARY_SETTINGS_H */
