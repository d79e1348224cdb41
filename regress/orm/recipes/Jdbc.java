// Java: JDBC, in batches too.
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.Types;

public class Jdbc {
    static final long MATCH = Long.parseLong(System.getenv("MATCH"));

    static void one(Connection db, String sql, Object... values) throws Exception {
        try (PreparedStatement statement = db.prepareStatement(sql)) {
            for (int i = 0; i < values.length; i++) {
                if (values[i] == null)
                    statement.setNull(i + 1, Types.VARCHAR);
                else
                    statement.setObject(i + 1, values[i]);
            }
            if (statement.executeUpdate() != 1)
                throw new Exception("not one row: " + sql);
        }
    }

    public static void main(String[] arguments) throws Exception {
        String url = "jdbc:postgresql://127.0.0.1:" + System.getenv("PGPORT") + "/" + System.getenv("PGDATABASE");
        try (Connection db = DriverManager.getConnection(url, System.getenv("PGUSER"), "")) {
            db.setAutoCommit(false);
            try (PreparedStatement batch = db.prepareStatement(
                    "INSERT INTO commentary.feed (match_id, client_ref, minute, actor, message) VALUES (?, ?, ?, ?, ?)")) {
                String[][] lines = {{"line-1", "A. Striker", "Goal!"}, {"line-2", null, "Oops"}};
                for (String[] line : lines) {
                    batch.setLong(1, MATCH);
                    batch.setString(2, line[0]);
                    batch.setInt(3, 12);
                    batch.setString(4, line[1]);
                    batch.setString(5, line[2]);
                    batch.addBatch();
                }
                for (int rows : batch.executeBatch())
                    if (rows != 1)
                        throw new Exception("a batch of " + rows);
            }
            one(db, "UPDATE commentary.feed SET minute = ? WHERE match_id = ? AND client_ref = ?", 13, MATCH, "line-1");
            db.commit();
            one(db, "UPDATE commentary.feed SET actor = ?, message = ? WHERE match_id = ? AND client_ref = ?",
                null, "Goal! A header.", MATCH, "line-1");
            one(db, "DELETE FROM commentary.feed WHERE match_id = ? AND client_ref = ?", MATCH, "line-2");
            db.commit();
        }
    }
}
