// SPDX-License-Identifier: Apache-2.0
/**
 * The bare program that the services are measured against: a ROUTER that decodes with msgpack-c and replies. No checks, no ids
 * remembered, no digests, no events, no indexes.
 *
 *     bench_bare append ENDPOINT DIRECTORY ROW_BYTES RECORD_BYTES
 *     bench_bare get ENDPOINT DIRECTORY TABLE REPLY_BYTES
 *
 * `append` makes a store, appends the same two rows as a service does for a command (the row and its journal record, of the sizes
 * given), and commits once a batch. `get` opens a service's store for reading, beside the service, and answers each request with one
 * mdb_get of a random row of TABLE, whose keys are the numbers from 1 to the last; the row is filled up to REPLY_BYTES, as many as
 * the service packs into its reply.
 *
 * It uses the libraries directly, for it measures what they and the machine can do.
 */
#include <lmdb.h>
#include <msgpack.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zmq.h>

enum { BATCH = 1000, MAX_VALUE = 4096 };

struct request {
    zmq_msg_t identity;
    zmq_msg_t payload;
    msgpack_object_str id;
    uint64_t seq;
};

struct bare {
    void *router;
    MDB_env *env;
    MDB_dbi rows; // of `get`, the table it reads
    MDB_dbi journal;
    size_t row_bytes;
    size_t record_bytes;
    uint64_t next;
    size_t reply_bytes;
    uint64_t rows_to_get; // 0: it appends
    struct request requests[BATCH];
    size_t count;
};

static void check(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "bare: %s failed\n", what);
    exit(EXIT_FAILURE);
}

static bool take(struct bare *bare, int flags)
{
    struct request *request = &bare->requests[bare->count];
    zmq_msg_t delimiter;
    zmq_msg_init(&request->identity);
    if (zmq_msg_recv(&request->identity, bare->router, flags) < 0) {
        zmq_msg_close(&request->identity);
        return false;
    }
    zmq_msg_init(&delimiter);
    zmq_msg_init(&request->payload);
    check(zmq_msg_recv(&delimiter, bare->router, 0) == 0, "reading the delimiter");
    check(zmq_msg_recv(&request->payload, bare->router, 0) > 0, "reading the payload");
    zmq_msg_close(&delimiter);
    bare->count++;
    return true;
}

/** The envelope's id; `unpacked` keeps what it points into alive. */
static msgpack_object_str id_of(const msgpack_unpacked *unpacked)
{
    const msgpack_object_map *map = &unpacked->data.via.map;
    for (uint32_t i = 0; i < map->size; i++)
        if (map->ptr[i].key.via.str.size == 2 && memcmp(map->ptr[i].key.via.str.ptr, "id", 2) == 0)
            return map->ptr[i].val.via.str;
    check(false, "finding the id");
    return (msgpack_object_str){0};
}

static void put(MDB_txn *txn, MDB_dbi table, uint64_t seq, size_t len)
{
    static uint8_t value[MAX_VALUE];
    uint8_t key[8];
    for (int i = 0; i < 8; i++)
        key[i] = (uint8_t)(seq >> (56 - 8 * i));
    memcpy(value, key, sizeof key);
    MDB_val k = {sizeof key, key}, v = {len, value};
    check(mdb_put(txn, table, &k, &v, MDB_APPEND) == 0, "appending");
}

/** Packs what a command is answered with, or the row that a query asked for. */
static void pack_body(const struct bare *bare, const struct request *request, MDB_val row, msgpack_packer *packer)
{
    if (bare->rows_to_get) {
        static const uint8_t filler[MAX_VALUE];
        msgpack_pack_bin(packer, (uint32_t)bare->reply_bytes);
        msgpack_pack_bin_body(packer, row.mv_data, row.mv_size);
        msgpack_pack_bin_body(packer, filler, bare->reply_bytes - row.mv_size);
        return;
    }
    msgpack_pack_map(packer, 2);
    msgpack_pack_str_with_body(packer, "activity", 8);
    msgpack_pack_uint64(packer, request->seq);
    msgpack_pack_str_with_body(packer, "revision", 8);
    msgpack_pack_int(packer, 1);
}

static void reply(struct bare *bare, struct request *request, MDB_val row)
{
    msgpack_sbuffer buffer;
    msgpack_packer packer;
    msgpack_sbuffer_init(&buffer);
    msgpack_packer_init(&packer, &buffer, msgpack_sbuffer_write);
    msgpack_pack_map(&packer, 5);
    msgpack_pack_str_with_body(&packer, "v", 1);
    msgpack_pack_int(&packer, 1);
    msgpack_pack_str_with_body(&packer, "id", 2);
    msgpack_pack_str_with_body(&packer, request->id.ptr, request->id.size);
    msgpack_pack_str_with_body(&packer, "status", 6);
    msgpack_pack_str_with_body(&packer, "ok", 2);
    msgpack_pack_str_with_body(&packer, "body", 4);
    pack_body(bare, request, row, &packer);
    msgpack_pack_str_with_body(&packer, "seq", 3);
    msgpack_pack_uint64(&packer, request->seq);
    zmq_msg_send(&request->identity, bare->router, ZMQ_SNDMORE | ZMQ_DONTWAIT);
    zmq_send(bare->router, "", 0, ZMQ_SNDMORE | ZMQ_DONTWAIT);
    zmq_send(bare->router, buffer.data, buffer.size, ZMQ_DONTWAIT);
    msgpack_sbuffer_destroy(&buffer);
}

static void decode(struct request *request, msgpack_unpacked *unpacked)
{
    size_t offset = 0;
    msgpack_unpacked_init(unpacked);
    check(msgpack_unpack_next(unpacked, zmq_msg_data(&request->payload), zmq_msg_size(&request->payload), &offset) ==
              MSGPACK_UNPACK_SUCCESS,
          "decoding");
    request->id = id_of(unpacked);
}

static void get(struct bare *bare, MDB_txn *txn, MDB_val *out_row)
{
    static uint64_t random = 88172645463325252;
    uint8_t key[8];
    random ^= random << 13;
    random ^= random >> 7;
    random ^= random << 17;
    uint64_t row = 1 + random % bare->rows_to_get;
    for (int i = 0; i < 8; i++)
        key[i] = (uint8_t)(row >> (56 - 8 * i));
    MDB_val k = {sizeof key, key};
    check(mdb_get(txn, bare->rows, &k, out_row) == 0, "getting");
    check(out_row->mv_size <= bare->reply_bytes, "filling a row up to REPLY_BYTES");
}

static void run_batch(struct bare *bare)
{
    static msgpack_unpacked unpacked[BATCH];
    static MDB_val rows[BATCH];
    MDB_txn *txn;
    check(mdb_txn_begin(bare->env, NULL, bare->rows_to_get ? MDB_RDONLY : 0, &txn) == 0, "beginning");
    for (size_t i = 0; i < bare->count; i++) {
        struct request *request = &bare->requests[i];
        decode(request, &unpacked[i]);
        if (bare->rows_to_get) {
            get(bare, txn, &rows[i]);
            continue;
        }
        request->seq = ++bare->next;
        put(txn, bare->rows, request->seq, bare->row_bytes);
        put(txn, bare->journal, request->seq, bare->record_bytes);
    }
    if (!bare->rows_to_get)
        check(mdb_txn_commit(txn) == 0, "committing");
    for (size_t i = 0; i < bare->count; i++) {
        reply(bare, &bare->requests[i], rows[i]);
        zmq_msg_close(&bare->requests[i].identity);
        zmq_msg_close(&bare->requests[i].payload);
        msgpack_unpacked_destroy(&unpacked[i]);
    }
    if (bare->rows_to_get)
        mdb_txn_abort(txn);
    bare->count = 0;
}

static void open_environment(struct bare *bare, const char *directory, unsigned flags)
{
    check(mdb_env_create(&bare->env) == 0, "making the environment");
    mdb_env_set_maxdbs(bare->env, 4);
    mdb_env_set_mapsize(bare->env, (size_t)1 << 40);
    check(mdb_env_open(bare->env, directory, flags, 0600) == 0, "opening the environment");
}

static void make_store(struct bare *bare, const char *directory)
{
    MDB_txn *txn;
    mkdir(directory, 0700);
    open_environment(bare, directory, 0);
    check(mdb_txn_begin(bare->env, NULL, 0, &txn) == 0, "beginning");
    check(mdb_dbi_open(txn, "rows", MDB_CREATE, &bare->rows) == 0, "opening a table");
    check(mdb_dbi_open(txn, "journal", MDB_CREATE, &bare->journal) == 0, "opening a table");
    check(mdb_txn_commit(txn) == 0, "committing");
}

static void open_store(struct bare *bare, const char *directory, const char *table)
{
    MDB_txn *txn;
    MDB_cursor *cursor;
    MDB_val key, row;
    open_environment(bare, directory, MDB_RDONLY);
    check(mdb_txn_begin(bare->env, NULL, MDB_RDONLY, &txn) == 0, "beginning");
    check(mdb_dbi_open(txn, table, 0, &bare->rows) == 0, "opening TABLE");
    check(mdb_cursor_open(txn, bare->rows, &cursor) == 0, "opening a cursor");
    check(mdb_cursor_get(cursor, &key, &row, MDB_LAST) == 0 && key.mv_size == 8, "finding the last row of TABLE");
    for (int i = 0; i < 8; i++)
        bare->rows_to_get = bare->rows_to_get << 8 | ((const uint8_t *)key.mv_data)[i];
    mdb_cursor_close(cursor);
    check(mdb_txn_commit(txn) == 0, "keeping the table open"); // an aborted one would close it
}

static void read_arguments(struct bare *bare, char **argv)
{
    if (strcmp(argv[1], "append") == 0) {
        bare->row_bytes = strtoul(argv[4], NULL, 10);
        bare->record_bytes = strtoul(argv[5], NULL, 10);
        check(bare->row_bytes >= 8 && bare->row_bytes <= MAX_VALUE && bare->record_bytes >= 8 &&
                  bare->record_bytes <= MAX_VALUE,
              "taking row sizes of 8 to 4096 bytes");
        make_store(bare, argv[3]);
    } else {
        check(strcmp(argv[1], "get") == 0, "reading `append` or `get`");
        bare->reply_bytes = strtoul(argv[5], NULL, 10);
        check(bare->reply_bytes <= MAX_VALUE, "taking replies of at most 4096 bytes");
        open_store(bare, argv[3], argv[4]);
    }
}

int main(int argc, char **argv)
{
    static struct bare bare;
    check(argc == 6, "reading `append` or `get`, ENDPOINT, DIRECTORY and two more");
    read_arguments(&bare, argv);
    bare.router = zmq_socket(zmq_ctx_new(), ZMQ_ROUTER);
    int unbounded = 0;
    zmq_setsockopt(bare.router, ZMQ_SNDHWM, &unbounded, sizeof unbounded);
    zmq_setsockopt(bare.router, ZMQ_RCVHWM, &unbounded, sizeof unbounded);
    check(zmq_bind(bare.router, argv[2]) == 0, "binding");
    while (take(&bare, 0)) {
        while (bare.count < BATCH && take(&bare, ZMQ_DONTWAIT)) {
        }
        run_batch(&bare);
    }
    return EXIT_SUCCESS;
}
