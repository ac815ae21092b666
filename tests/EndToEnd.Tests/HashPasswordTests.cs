using OpcPortal.Host;
using OpcPortal.Server;

namespace OpcPortal.EndToEnd.Tests;

public sealed class HashPasswordTests
{
    [Fact]
    public void The_hash_that_is_printed_is_one_that_the_configuration_takes()
    {
        var output = new StringWriter();
        Assert.Equal(0, HashPasswordCommand.Run(new StringReader("open sesame\n"), output, TextWriter.Null));
        Assert.True(PasswordHash.TryParse(output.ToString().Trim(), out var hash));
        Assert.True(hash.Matches("open sesame"u8));
        Assert.DoesNotContain("sesame", output.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    public void No_password_is_no_hash(string typed)
    {
        var errors = new StringWriter();
        Assert.NotEqual(0, HashPasswordCommand.Run(new StringReader(typed), TextWriter.Null, errors));
        Assert.NotEmpty(errors.ToString());
    }
}
