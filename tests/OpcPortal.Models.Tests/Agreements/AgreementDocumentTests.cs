using System.Text.Json.Nodes;

namespace OpcPortal.Models.Tests;

public sealed class AgreementDocumentTests
{
    private const string Plain = """
        {
          "id": "meter-data-2030",
          "terms": {
            "grantor": "customer-1", "grantee": "retailer", "purpose": "billing",
            "scope": { "dataClasses": ["Energy"] },
            "operations": ["browse", "read", "readHistory"],
            "conditions": { "minimumQuality": "valid", "historyDepth": "400.00:00:00", "windows": [{ "days": ["monday", "friday"], "from": "08:00:00", "until": "18:00:00" }], "floor": { "minCustomers": 15, "maxShare": 0.15 } },
            "period": { "from": "2030-01-01T00:00:00Z", "until": "2031-01-01T00:00:00Z" }
          }
        }
        """;

    [Fact]
    public void A_document_says_what_is_to_be_agreed()
    {
        var document = AgreementDocument.Read(Plain);

        Assert.Equal("meter-data-2030", document.Id);
        Assert.Equal("customer-1", document.Terms.Grantor);
        Assert.Equal(Operations.Browse | Operations.Read | Operations.ReadHistory, document.Terms.Operations);
        Assert.Equal(new WeeklyWindow(0b010_0010, TimeSpan.FromHours(8), TimeSpan.FromHours(18)), Assert.Single(document.Terms.Conditions.Windows));
        Assert.Equal(new AggregationFloor(15, 0.15), document.Terms.Conditions.Floor);
        Assert.Equal(new ActivePeriod(new DateTime(2030, 1, 1, 0, 0, 0, DateTimeKind.Utc), new DateTime(2031, 1, 1, 0, 0, 0, DateTimeKind.Utc)), document.Terms.Period);
        Assert.False(document.Terms.MayDelegate);
    }

    [Fact]
    public void What_is_written_is_read_as_it_was()
    {
        var document = new AgreementDocument { Id = "17", Terms = Terms.Full };

        var read = AgreementDocument.Read(document.Write());

        Assert.Equal("17", read.Id);
        Assert.True(AgreementCanonical.AreSame(Terms.Full, read.Terms));
    }

    [Fact]
    public void Acts_and_agreements_are_read_as_they_were_and_still_verify()
    {
        var customer = new Party("customer-1");
        var retailer = new Party("retailer");
        var proposed = AgreementLifecycle.Apply("17", null, customer.Sign("17", null, AgreementAct.Propose, Terms.Full), Party.Now).Agreement!;
        var accept = AgreementDocument.ReadAct(AgreementDocument.Write(retailer.Sign("17", proposed, AgreementAct.Accept)));
        var active = AgreementLifecycle.Apply("17", proposed, accept, Party.Now).Agreement!;

        var read = AgreementDocument.ReadAgreement(AgreementDocument.Write(active));

        Assert.Equal(AgreementStatus.Active, read.Status);
        Assert.Null(AgreementSignature.FlawOf(read));
        Assert.NotNull(AgreementSignature.FlawOf(AgreementDocument.ReadAgreement(AgreementDocument.Write(active).Replace("\"billing\"", "\"marketing\"", StringComparison.Ordinal))));
    }

    [Theory]
    [InlineData("id", "\"a b\"")]
    [InlineData("id", "\"\"")]
    [InlineData("id", "null")]
    [InlineData("terms", "null")]
    [InlineData("terms.grantor", "\"\"")]
    [InlineData("terms.grantor", "null")]
    [InlineData("terms.grantee", "\"customer-1\"")]
    [InlineData("terms.purpose", "\"\"")]
    [InlineData("terms.purpose", "\"bill\\u202Eing\"")]
    [InlineData("terms.purpose", "\"half \\ud800\"")]
    [InlineData("terms.grantor", "\"half \\ud800\"")]
    [InlineData("terms.operations", "[]")]
    [InlineData("terms.operations", "[\"all\"]")]
    [InlineData("terms.operations", "[\"fly\"]")]
    [InlineData("terms.operations", "\"read\"")]
    [InlineData("terms.operations", "[2]")]
    [InlineData("terms.scope", "null")]
    [InlineData("terms.scope", "{ \"owners\": [\"utility\"] }")]
    [InlineData("terms.scope", "{ \"portals\": [null] }")]
    [InlineData("terms.scope", "{ \"portals\": [\"p\", \"p\"] }")]
    [InlineData("terms.scope", "{ \"portals\": null }")]
    [InlineData("terms.scope", "{ \"portal\": [\"p\"] }")]
    [InlineData("terms.period", "{}")]
    [InlineData("terms.period", "{ \"from\": \"2030-01-01T00:00:00Z\", \"until\": \"2030-01-01T00:00:00Z\" }")]
    [InlineData("terms.period", "{ \"from\": \"2030-01-01T00:00:00+02:00\", \"until\": \"2031-01-01T00:00:00Z\" }")]
    [InlineData("terms.conditions", "{ \"minimumQuality\": 3 }")]
    [InlineData("terms.conditions", "{ \"minimumQuality\": \"perfect\" }")]
    [InlineData("terms.conditions", "{ \"historyDepth\": \"00:00:00\" }")]
    [InlineData("terms.conditions", "{ \"windows\": [{ \"days\": [], \"from\": \"08:00:00\", \"until\": \"18:00:00\" }] }")]
    [InlineData("terms.conditions", "{ \"windows\": [{ \"days\": [null], \"from\": \"08:00:00\", \"until\": \"18:00:00\" }] }")]
    [InlineData("terms.conditions", "{ \"windows\": [{ \"days\": [\"monday\"], \"from\": \"25:00:00\", \"until\": \"18:00:00\" }] }")]
    [InlineData("terms.conditions", "{ \"windows\": [null] }")]
    [InlineData("terms.conditions", "{ \"floor\": { \"minCustomers\": 0, \"maxShare\": 0.1 } }")]
    [InlineData("terms.conditions", "{ \"floor\": { \"minCustomers\": 15, \"maxShare\": 1.1 } }")]
    [InlineData("terms.conditions", "{ \"floor\": { \"minCustomers\": 15 } }")]
    [InlineData("terms.basedOn", "\"a/b\"")]
    [InlineData("terms.mayDelegate", "\"true\"")]
    public void A_document_that_says_what_no_agreement_can_say_is_refused(string member, string value)
    {
        var document = JsonNode.Parse(Plain)!;
        var path = member.Split('.');
        var parent = path.Length == 1 ? document : document[path[0]]!;
        parent[path[^1]] = JsonNode.Parse("\"here\"");
        var json = document.ToJsonString().Replace($"\"{path[^1]}\":\"here\"", $"\"{path[^1]}\":{value}", StringComparison.Ordinal);

        Assert.Throws<AgreementFormatException>(() => AgreementDocument.Read(json));
        AgreementDocument.Read(Plain);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("{ \"id\": \"17\" }")]
    public void What_is_no_document_is_refused(string json) => Assert.Throws<AgreementFormatException>(() => AgreementDocument.Read(json));

    [Fact]
    public void Members_that_are_not_known_or_come_twice_are_refused()
    {
        Assert.Throws<AgreementFormatException>(() => AgreementDocument.Read(Plain.Replace("\"purpose\"", "\"porpoise\": 1, \"purpose\"", StringComparison.Ordinal)));
        Assert.Throws<AgreementFormatException>(() => AgreementDocument.Read(Plain.Replace("\"purpose\"", "\"purpose\": \"spying\", \"purpose\"", StringComparison.Ordinal)));
    }

    [Fact]
    public void Documents_and_lists_have_limits()
    {
        Assert.Throws<AgreementFormatException>(() => Read(AgreementLimits.MaxListLength + 1));
        Assert.Equal(AgreementLimits.MaxListLength, Read(AgreementLimits.MaxListLength).Terms.Scope.Portals.Count);
        Assert.Throws<AgreementFormatException>(() => AgreementDocument.Read(Plain + new string(' ', AgreementLimits.MaxDocumentBytes)));

        static AgreementDocument Read(int portals) => AgreementDocument.Read(Plain.Replace("\"dataClasses\"", $"\"portals\": [{string.Join(',', Enumerable.Range(0, portals).Select(static i => $"\"p{i}\""))}], \"dataClasses\"", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("nonce", "\"abc\"")]
    [InlineData("nonce", "\"ABCDEFABCDEFABCDEFABCDEFABCDEFAB\"")]
    [InlineData("act", "\"bribe\"")]
    [InlineData("act", "1")]
    [InlineData("party", "\"a b\"")]
    [InlineData("signer", "\"\"")]
    [InlineData("reason", "\"two\\nlines\"")]
    [InlineData("at", "\"2030-01-01\"")]
    [InlineData("certificate", "null")]
    public void An_act_that_no_party_can_have_signed_is_refused(string member, string value)
    {
        var json = AgreementDocument.Write(new Party("customer-1").Unsigned(AgreementAct.Suspend) with { Reason = "holidays" });
        var act = JsonNode.Parse(json)!;
        act[member] = JsonNode.Parse(value);

        Assert.Throws<AgreementFormatException>(() => AgreementDocument.ReadAct(act.ToJsonString()));
        AgreementDocument.ReadAct(json);
    }

    [Fact]
    public void Long_texts_of_an_act_are_refused()
    {
        var act = new Party("customer-1").Unsigned(AgreementAct.Suspend);

        Assert.Throws<AgreementFormatException>(() => AgreementDocument.ReadAct(AgreementDocument.Write(act with { Reason = new string('a', AgreementLimits.MaxReasonLength + 1) })));
        Assert.Throws<AgreementFormatException>(() => AgreementDocument.ReadAct(AgreementDocument.Write(act with { Certificate = new string('A', AgreementLimits.MaxCertificateLength + 4) })));
        Assert.Throws<AgreementFormatException>(() => AgreementDocument.ReadAct(AgreementDocument.Write(act with { Signature = new string('A', AgreementLimits.MaxSignatureLength + 4) })));
        AgreementDocument.ReadAct(AgreementDocument.Write(act with { Reason = new string('a', AgreementLimits.MaxReasonLength) }));
    }
}
