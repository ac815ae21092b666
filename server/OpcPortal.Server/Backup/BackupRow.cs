using System.Text;

namespace OpcPortal.Server;

/// <summary>The form of rows in a backup, the same whatever database they come from and go to.</summary>
internal static class BackupRow
{
    // What a column holds is said with each value: SQLite decides it by value as well.
    private const byte Null = 0, Number = 1, Text = 2, Bytes = 3, Real = 4;

    /// <exception cref="BackupException">A value is of no type that tables of the server have.</exception>
    public static void Write(BinaryWriter writer, object?[] row)
    {
        foreach (var value in row)
        {
            switch (value)
            {
                case null or DBNull: writer.Write(Null); break;
                case long number: WriteNumber(writer, number); break;
                case int number: WriteNumber(writer, number); break;
                case short number: WriteNumber(writer, number); break;
                case string text: writer.Write(Text); writer.Write(text); break;
                case byte[] bytes: writer.Write(Bytes); writer.Write7BitEncodedInt(bytes.Length); writer.Write(bytes); break;
                case double number: writer.Write(Real); writer.Write(number); break;
                default: throw new BackupException($"A {value.GetType().Name} is no value of a column.");
            }
        }
    }

    /// <exception cref="BackupException">These are no rows.</exception>
    public static object?[] Read(BinaryReader reader, int columns)
    {
        var row = new object?[columns];
        for (var i = 0; i < columns; i++)
        {
            row[i] = reader.ReadByte() switch
            {
                Null => null,
                Number => reader.Read7BitEncodedInt64(),
                Text => ReadText(reader),
                Bytes => ReadBytes(reader),
                Real => reader.ReadDouble(),
                _ => throw new BackupException("The backup has a row of an unknown form."),
            };
        }

        return row;
    }

    private static void WriteNumber(BinaryWriter writer, long number)
    {
        writer.Write(Number);
        writer.Write7BitEncodedInt64(number);
    }

    /// <summary>A text as <see cref="BinaryWriter"/> writes it.</summary>
    /// <exception cref="BackupException">It is longer than its block.</exception>
    public static string ReadText(BinaryReader reader) => Encoding.GetString(ReadBytes(reader));

    // Checked before anything is allocated.
    private static byte[] ReadBytes(BinaryReader reader)
    {
        var length = reader.Read7BitEncodedInt();
        var left = reader.BaseStream.Length - reader.BaseStream.Position;
        return length >= 0 && length <= left ? reader.ReadBytes(length) : throw new BackupException("The backup has a value that is longer than its block.");
    }

    // A lone surrogate would change silently.
    public static Encoding Encoding { get; } = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
}
