using System.Security.Cryptography.X509Certificates;

namespace OpcPortal.Ua.Server.Tests;

/// <summary>Part 18 4.4.3: the subject of a user's certificate as a criterion.</summary>
public sealed class X509SubjectCriterionTests
{
    [Theory]
    // The names in the order of the table, whatever the order of the certificate.
    [InlineData("O=Homes, CN=alice", "CN=\"alice\"/O=\"Homes\"")]
    [InlineData("CN=alice, OU=one, OU=two, O=Homes, C=US, S=CA, L=Oakland", "CN=\"alice\"/O=\"Homes\"/OU=\"two\"/OU=\"one\"/L=\"Oakland\"/S=\"CA\"/C=\"US\"")]
    [InlineData("CN=\"Doe, Jane / 1\"", "CN=\"Doe, Jane / 1\"")]
    // What no criterion can name is not part of it.
    [InlineData("CN=alice, T=Boss", "CN=\"alice\"")]
    [InlineData("T=Boss", null)]
    public void A_subject_is_written_in_one_way(string subject, string? criterion)
    {
        Assert.Equal(criterion, X509SubjectCriterion.Of(new X500DistinguishedName(subject)));
        if (criterion is not null) Assert.True(X509SubjectCriterion.IsValid(criterion));
    }

    [Fact]
    public void A_value_with_a_quote_cannot_be_taken_for_two() => Assert.Null(X509SubjectCriterion.Of(new X500DistinguishedName("CN=\"a\"\"/O=\"\"b\"")));

    [Theory]
    [InlineData("CN=\"alice\"", true)]
    [InlineData("CN=\"alice\"/O=\"Homes\"/C=\"US\"", true)]
    [InlineData("OU=\"one\"/OU=\"two\"", true)]
    [InlineData("O=\"Homes\"/CN=\"alice\"", false)]
    [InlineData("CN=alice", false)]
    [InlineData("CN=\"alice\"/", false)]
    [InlineData("CN=\"alice", false)]
    [InlineData("CN=\"\"", false)]
    [InlineData("CN=\"alice\"O=\"Homes\"", false)]
    [InlineData("X=\"alice\"", false)]
    [InlineData("", false)]
    public void A_criterion_is_read_strictly(string text, bool isValid) => Assert.Equal(isValid, X509SubjectCriterion.IsValid(text));
}
