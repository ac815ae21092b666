using System.Text;
using OpcPortal.Server;

namespace OpcPortal.Host;

/// <summary><c>hash-password</c>: a password in, its hash out.</summary>
internal static class HashPasswordCommand
{
    /// <summary>Bytes that a password may have: what a token carries. Part 4 7.41.2.</summary>
    private const int MaxBytes = 1024;

    /// <param name="input">Where the password comes from; null: the keyboard, without showing it.</param>
    public static int Run(TextReader? input, TextWriter output, TextWriter errors)
    {
        var password = input is null ? ReadUnseen(errors) : input.ReadLine();
        if (string.IsNullOrEmpty(password) || Encoding.UTF8.GetByteCount(password) > MaxBytes)
        {
            errors.WriteLine($"A password of 1 to {MaxBytes} bytes is wanted.");
            return 1;
        }

        output.WriteLine(PasswordHash.Create(Encoding.UTF8.GetBytes(password)).Write());
        return 0;
    }

    private static string ReadUnseen(TextWriter prompt)
    {
        prompt.Write("Password: ");
        var typed = new StringBuilder();
        while (Console.ReadKey(intercept: true) is var key && key.Key != ConsoleKey.Enter)
        {
            if (key.Key == ConsoleKey.Backspace && typed.Length > 0) typed.Length--;
            else if (!char.IsControl(key.KeyChar)) typed.Append(key.KeyChar);
        }

        prompt.WriteLine();
        return typed.ToString();
    }
}
