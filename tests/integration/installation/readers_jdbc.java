// What a BI tool on pgJDBC does as a reader: list, read, be refused. Run by test_reader_logins.py as a source file.
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Properties;

public class ReadersJdbc {
    public static void main(String[] arguments) throws SQLException {
        var login = new Properties();
        login.setProperty("user", arguments[1]);
        login.setProperty("password", System.getenv("READER_PASSWORD"));
        try (Connection connection = DriverManager.getConnection(arguments[0], login)) {
            int listed = 0;
            ResultSet tables = connection.getMetaData().getTables(null, "mart", "%", new String[] {"TABLE", "VIEW", "PARTITIONED TABLE"});
            while (tables.next()) {
                listed++;
            }
            System.out.println("listed " + listed);
            for (int place = 2; place < arguments.length; place++) {
                try (var statement = connection.createStatement(); ResultSet rows = statement.executeQuery(arguments[place])) {
                    rows.next();
                    System.out.println(rows.getString(1));
                } catch (SQLException error) {
                    System.out.println(error.getSQLState());
                }
            }
        }
    }
}
