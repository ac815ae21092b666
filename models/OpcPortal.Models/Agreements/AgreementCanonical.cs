using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace OpcPortal.Models;

/// <summary>
/// What a party signs: the act and what it is about, as text in UTF-8 that people can read, one field a line in a fixed order, <c>name=value</c>, or <c>name</c> alone where there is
/// no value. A list is its length and then its entries, in their order. In values <c>\</c> is written <c>\\</c>, a line feed <c>\n</c> and a carriage return <c>\r</c>, so that no value
/// can pass for a field. Instants are UTC with all digits (<c>2027-01-01T00:00:00.0000000Z</c>), durations and times of day <c>d.hh:mm:ss.fffffff</c>, numbers without a culture. The
/// certificate stands as the SHA-256 of its DER. Two different acts never have the same bytes.
/// </summary>
public static class AgreementCanonical
{
    /// <summary>The first line: another form gets another number.</summary>
    public const string Header = "OpcPortal agreement act 1";

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The bytes that the signature of <paramref name="act"/> is made over.</summary>
    /// <exception cref="ArgumentException">A text is no Unicode, an instant is local time, an enumeration has no such value, or the certificate is no Base64: nobody could say what was signed.</exception>
    public static byte[] BytesOf(SignedAct act, ActStatement statement) => Strict.GetBytes(TextOf(act, statement));

    /// <summary>The same as text, to be shown before somebody signs.</summary>
    /// <exception cref="ArgumentException">As <see cref="BytesOf"/>.</exception>
    public static string TextOf(SignedAct act, ActStatement statement)
    {
        ArgumentNullException.ThrowIfNull(act);
        ArgumentNullException.ThrowIfNull(statement);
        var lines = new Lines();
        lines.Add("act", Name(act.Act));
        lines.Add("agreement", statement.AgreementId);
        lines.Add("revision", statement.Revision);
        lines.Add("party", act.Party);
        lines.Add("signer", act.Signer);
        lines.Add("at", act.At);
        lines.Add("nonce", act.Nonce);
        lines.Add("reason", act.Reason);
        lines.Add("certificate", Thumbprint(act.Certificate));
        AddTerms(lines, statement.Terms);
        return lines.ToString();
    }

    /// <summary>Whether both say the same: records hold lists, and those are not compared by what they hold.</summary>
    public static bool AreSame(AgreementTerms one, AgreementTerms other) => TextOf(one) == TextOf(other);

    private static string TextOf(AgreementTerms terms)
    {
        ArgumentNullException.ThrowIfNull(terms);
        var lines = new Lines();
        AddTerms(lines, terms);
        return lines.ToString();
    }

    private static void AddTerms(Lines lines, AgreementTerms terms)
    {
        lines.Add("grantor", terms.Grantor);
        lines.Add("grantee", terms.Grantee);
        lines.Add("granteeApplication", terms.GranteeApplication);
        lines.Add("granteeIndividual", terms.GranteeIndividual);
        lines.Add("purpose", terms.Purpose);
        AddScope(lines, terms.Scope);
        lines.Add("operations", NamesOf(terms.Operations));
        AddConditions(lines, terms.Conditions);
        lines.Add("from", terms.Period.From);
        lines.Add("until", terms.Period.Until);
        lines.Add("basedOn", terms.BasedOn);
        lines.Add("mayDelegate", terms.MayDelegate ? "true" : "false");
        lines.Add("finishesCommands", terms.FinishesCommands ? "true" : "false");
    }

    private static void AddScope(Lines lines, AccessScope scope)
    {
        lines.Add("customers", scope.Customers);
        lines.Add("customerClasses", scope.CustomerClasses);
        lines.Add("portals", scope.Portals);
        lines.Add("deviceTypes", scope.DeviceTypes);
        lines.Add("dataClasses", scope.DataClasses);
        lines.Add("functionGroups", scope.FunctionGroups);
        lines.Add("points", scope.Points);
        lines.Add("owners", scope.Owners);
    }

    private static void AddConditions(Lines lines, AccessConditions conditions)
    {
        lines.Add("minimumQuality", Name(conditions.MinimumQuality));
        lines.Add("historyDepth", conditions.HistoryDepth?.ToString("c", CultureInfo.InvariantCulture));
        lines.Add("windows", conditions.Windows.Count);
        for (var i = 0; i < conditions.Windows.Count; i++)
        {
            var window = conditions.Windows[i];
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"windows.{i}"), string.Create(CultureInfo.InvariantCulture, $"{window.Days} {window.From:c} {window.Until:c}"));
        }

        lines.Add("minCustomers", conditions.Floor?.MinCustomers.ToString(CultureInfo.InvariantCulture));
        lines.Add("maxShare", conditions.Floor?.MaxShare.ToString("R", CultureInfo.InvariantCulture));
    }

    // In the order of their bits. The first seven together are All, as they were when there were no others: what was signed then still has its bytes.
    private static string NamesOf(Operations operations)
    {
        const Operations FirstSeven = Operations.All & ~Operations.EditHistory;
        var first = (operations & FirstSeven) == FirstSeven ? nameof(Operations.All) : (operations & FirstSeven).ToString().Replace(", ", " ", StringComparison.Ordinal);
        if ((operations & Operations.EditHistory) == 0) return first;
        return (operations & FirstSeven) == Operations.None ? nameof(Operations.EditHistory) : $"{first} {nameof(Operations.EditHistory)}";
    }

    private static string Name<T>(T value) where T : struct, Enum =>
        Enum.IsDefined(value) ? value.ToString() : throw new ArgumentException($"{typeof(T).Name} has no value {value}.", nameof(value));

    private static string Thumbprint(string certificate)
    {
        try
        {
            return Convert.ToHexString(SHA256.HashData(Convert.FromBase64String(certificate)));
        }
        catch (FormatException malformed)
        {
            throw new ArgumentException("The certificate is no Base64.", nameof(certificate), malformed);
        }
    }

    private sealed class Lines
    {
        private readonly StringBuilder _text = new StringBuilder(1024).Append(Header).Append('\n');

        public void Add(string name, string? value)
        {
            _text.Append(name);
            if (value is not null) AppendEscaped(value);
            _text.Append('\n');
        }

        public void Add(string name, int value) => Add(name, value.ToString(CultureInfo.InvariantCulture));

        // An instant without a kind is UTC: those of periods that never begin or end are such.
        public void Add(string name, DateTime instant) => Add(name, instant.Kind == DateTimeKind.Local
            ? throw new ArgumentException($"{name} is local time.", nameof(instant))
            : DateTime.SpecifyKind(instant, DateTimeKind.Utc).ToString("O", CultureInfo.InvariantCulture));

        public void Add(string name, IReadOnlyList<string> list)
        {
            Add(name, list.Count);
            for (var i = 0; i < list.Count; i++) Add(string.Create(CultureInfo.InvariantCulture, $"{name}.{i}"), list[i]);
        }

        private void AppendEscaped(string value)
        {
            _text.Append('=');
            foreach (var c in value)
                _ = c switch { '\\' => _text.Append(@"\\"), '\n' => _text.Append(@"\n"), '\r' => _text.Append(@"\r"), _ => _text.Append(c) };
        }

        public override string ToString() => _text.ToString();
    }
}
