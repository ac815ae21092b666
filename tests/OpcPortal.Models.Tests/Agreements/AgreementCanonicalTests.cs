using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using CsCheck;

namespace OpcPortal.Models.Tests;

public sealed class AgreementCanonicalTests
{
    private readonly Party _customer = new("customer-1");

    [Fact]
    public void The_form_is_what_the_decision_on_signatures_shows()
    {
        var act = _customer.Unsigned(AgreementAct.Accept) with { Nonce = "00112233445566778899aabbccddeeff", Certificate = "AAEC", Reason = "line\nbreak" };

        // The SHA-256 of the bytes 00 01 02.
        Assert.Equal("""
            OpcPortal agreement act 1
            act=Accept
            agreement=17
            revision=1
            party=customer-1
            signer=customer-1-app
            at=2030-01-01T12:00:00.0000000Z
            nonce=00112233445566778899aabbccddeeff
            reason=line\nbreak
            certificate=AE4B3280E56E2FAF83F414A6E3DABE9D5FBE18976544C05FED121ACCB85B53FC
            grantor=customer-1
            grantee=retailer
            granteeApplication=billing-app
            granteeIndividual=ann
            purpose=billing
            customers=2
            customers.0=customer-1
            customers.1=c2
            customerClasses=1
            customerClasses.0=residential
            portals=2
            portals.0=p1
            portals.1=p2
            deviceTypes=1
            deviceTypes.0=ElectricityMeterType
            dataClasses=1
            dataClasses.0=Energy
            functionGroups=1
            functionGroups.0=LoadControl
            points=1
            points.0=ActivePower
            owners=0
            operations=Browse Read ReadHistory
            minimumQuality=Valid
            historyDepth=400.00:00:00
            windows=1
            windows.0=62 08:00:00 18:00:00
            minCustomers=15
            maxShare=0.15
            from=2030-01-01T12:00:00.0000000Z
            until=2031-01-01T12:00:00.0000000Z
            basedOn=parent
            mayDelegate=true
            finishesCommands=true

            """, AgreementCanonical.TextOf(act, new ActStatement("17", 1, Terms.Full)));
    }

    [Fact]
    public void No_member_of_the_records_is_left_out()
    {
        // A member that somebody adds one day must be signed too, or this fails.
        AssertCovers(Terms.Full, static terms => terms);
        AssertCovers(Terms.Full.Scope, static scope => Terms.Full with { Scope = scope });
        AssertCovers(Terms.Full.Conditions, static conditions => Terms.Full with { Conditions = conditions });
        AssertCovers(Terms.Full.Conditions.Floor!, static floor => Terms.Full with { Conditions = Terms.Full.Conditions with { Floor = floor } });

        var act = _customer.Unsigned(AgreementAct.Accept) with { Reason = "because" };
        foreach (var member in Members<SignedAct>())
        {
            if (member.Name is nameof(SignedAct.Signature) or nameof(SignedAct.Terms)) continue;
            var other = Changed(act, member);
            Assert.NotEqual(BytesOf(act, Terms.Full), BytesOf(other, Terms.Full));
        }
    }

    [Fact]
    public void The_agreement_and_the_revision_are_part_of_what_is_signed()
    {
        var act = _customer.Unsigned(AgreementAct.Accept);
        var bytes = AgreementCanonical.BytesOf(act, new ActStatement("17", 1, Terms.Full));

        Assert.NotEqual(bytes, AgreementCanonical.BytesOf(act, new ActStatement("18", 1, Terms.Full)));
        Assert.NotEqual(bytes, AgreementCanonical.BytesOf(act, new ActStatement("17", 2, Terms.Full)));
        Assert.Equal(bytes, AgreementCanonical.BytesOf(act, new ActStatement("17", 1, Terms.Full with { })));
    }

    /// <summary>Seven operations were called All before there was an eighth: what was signed then still has the same bytes.</summary>
    [Theory]
    [InlineData(Operations.All & ~Operations.EditHistory, "All")]
    [InlineData(Operations.All, "All EditHistory")]
    [InlineData(Operations.EditHistory, "EditHistory")]
    [InlineData(Operations.Read | Operations.EditHistory, "Read EditHistory")]
    [InlineData(Operations.None, "None")]
    public void A_new_operation_leaves_the_bytes_of_what_was_signed_before(Operations operations, string written) =>
        Assert.Contains($"\noperations={written}\n", AgreementCanonical.TextOf(_customer.Unsigned(AgreementAct.Accept), new ActStatement("17", 1, Terms.Plain with { Operations = operations })), StringComparison.Ordinal);

    [Fact]
    public void No_two_sets_of_operations_are_written_alike() =>
        Assert.Equal(256, Enumerable.Range(0, 256).Select(bits => AgreementCanonical.TextOf(_customer.Unsigned(AgreementAct.Accept) with { Nonce = "n" }, new ActStatement("17", 1, Terms.Plain with { Operations = (Operations)bits }))).Distinct().Count());

    /// <summary>What was signed can be read back from the bytes by a reader that knows the form alone: so no two acts have the same. Texts are made of what could fool it.</summary>
    [Fact]
    public void Two_different_acts_never_have_the_same_bytes()
    {
        var text = Gen.OneOf("a", "\n", "\r", "\\", "=", "\\n", "party=", ".0", " ", "").List[0, 4].Select(string.Concat);
        var list = text.List[0, 3];

        Gen.Select(text, text.Null(), text, list, list, Gen.Int[1, 3]).Sample((party, reason, purpose, customers, points, revision) =>
        {
            var act = new SignedAct { Act = AgreementAct.Accept, Party = party, Signer = "s", At = Party.Now, Nonce = "n", Reason = reason, Certificate = "", Signature = "" };
            var terms = Terms.Plain with { Purpose = purpose, Scope = new AccessScope { Customers = customers, Points = points } };
            var read = ReadBack(AgreementCanonical.BytesOf(act, new ActStatement("17", revision, terms)));
            return read["party"] == party && read["reason"] == reason && read["purpose"] == purpose && read["revision"] == $"{revision}"
                && ListOf(read, "customers").SequenceEqual(customers) && ListOf(read, "points").SequenceEqual(points);
        }, iter: 5_000);
    }

    private static IEnumerable<string?> ListOf(Dictionary<string, string?> read, string name) => Enumerable.Range(0, int.Parse(read[name]!, CultureInfo.InvariantCulture)).Select(i => read[$"{name}.{i}"]);

    private static Dictionary<string, string?> ReadBack(byte[] bytes)
    {
        var fields = new Dictionary<string, string?>();
        foreach (var line in Encoding.UTF8.GetString(bytes).Split('\n')[1..^1])
        {
            var end = line.IndexOf('=', StringComparison.Ordinal);
            fields.Add(end < 0 ? line : line[..end], end < 0 ? null : Regex.Replace(line[(end + 1)..], @"\\(.)", static escape => escape.Groups[1].Value switch { "n" => "\n", "r" => "\r", var other => other }));
        }

        return fields;
    }

    [Fact]
    public void What_cannot_be_written_down_cannot_be_signed()
    {
        var act = _customer.Unsigned(AgreementAct.Accept);

        Assert.ThrowsAny<ArgumentException>(() => BytesOf(act with { Reason = "half a \ud800 pair" }, Terms.Full));
        Assert.ThrowsAny<ArgumentException>(() => BytesOf(act with { Act = (AgreementAct)99 }, Terms.Full));
        Assert.ThrowsAny<ArgumentException>(() => BytesOf(act with { At = new DateTime(2030, 1, 1, 0, 0, 0, DateTimeKind.Local) }, Terms.Full));
        Assert.ThrowsAny<ArgumentException>(() => BytesOf(act with { Certificate = "!" }, Terms.Full));
        Assert.NotEmpty(BytesOf(act with { Reason = "a whole \ud83d\ude00 pair" }, Terms.Full));
    }

    private static string BytesOf(SignedAct act, AgreementTerms terms) => Encoding.UTF8.GetString(AgreementCanonical.BytesOf(act, new ActStatement("17", 1, terms)));

    private static void AssertCovers<T>(T whole, Func<T, AgreementTerms> within) where T : class
    {
        foreach (var member in Members<T>())
            Assert.False(AgreementCanonical.AreSame(within(whole), within(Changed(whole, member))), $"{typeof(T).Name}.{member.Name} is not signed");
    }

    private static IEnumerable<PropertyInfo> Members<T>() => typeof(T).GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(static member => member.CanWrite);

    private static T Changed<T>(T whole, PropertyInfo member) where T : class
    {
        var copy = (T)typeof(T).GetMethod("<Clone>$")!.Invoke(whole, null)!;
        member.SetValue(copy, Other(member.GetValue(whole), member.PropertyType));
        return copy;
    }

    private static object? Other(object? value, Type type) => value switch
    {
        string text when text.Length % 4 == 0 && text.EndsWith('=') => "AAEC",
        string text => text.Length > 100 ? "AAEC" : text + "x",
        bool flag => !flag,
        int number => number + 1,
        double number => number / 2,
        DateTime instant => instant.AddTicks(1),
        TimeSpan span => span + TimeSpan.FromTicks(1),
        ActivePeriod period => period with { Until = period.Until.AddTicks(1) },
        AccessScope => new AccessScope(),
        AccessConditions => AccessConditions.None,
        AggregationFloor => null,
        Enum flags => Enum.ToObject(type, Convert.ToByte(flags, null) ^ 1),
        IReadOnlyList<WeeklyWindow> windows => (IReadOnlyList<WeeklyWindow>)[windows[0] with { Days = 1 }],
        IEnumerable => (IReadOnlyList<string>)["other"],
        _ => throw new InvalidOperationException($"The test knows no other {type}."),
    };
}
