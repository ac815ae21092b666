using OpcPortal.Ua.CodeGen;

namespace OpcPortal.Ua.CodeGen.Tests;

public sealed class GenerateCommandTests
{
    [Fact]
    public void The_committed_code_is_what_the_tables_of_the_standard_give()
    {
        if (!Directory.Exists(Repository.Facts)) Assert.Skip($"The standard's tables are not at {Repository.Facts}. Say with OPCPORTAL_FACTS where they lie.");
        var report = new StringWriter();

        var exitCode = GenerateCommand.Run(Repository.Facts, Repository.GeneratedTypes, isCheck: true, report);

        Assert.True(exitCode == 0, report.ToString());
    }

    [Fact]
    public void A_check_names_what_differs_and_writes_nothing()
    {
        if (!Directory.Exists(Repository.Facts)) Assert.Skip($"The standard's tables are not at {Repository.Facts}. Say with OPCPORTAL_FACTS where they lie.");
        var folder = Directory.CreateTempSubdirectory("opcportal-codegen");
        var report = new StringWriter();

        var exitCode = GenerateCommand.Run(Repository.Facts, folder.FullName, isCheck: true, report);

        Assert.Equal(1, exitCode);
        Assert.Contains("StatusCodes.g.cs: DIFFERS", report.ToString(), StringComparison.Ordinal);
        Assert.Empty(folder.GetFileSystemInfos());
        folder.Delete(recursive: true);
    }

    [Fact]
    public void A_folder_without_the_tables_is_named()
    {
        var report = new StringWriter();

        Assert.Equal(1, GenerateCommand.Run(Path.GetTempPath(), Path.GetTempPath(), isCheck: true, report));
        Assert.Contains("Opc.Ua.Types.bsd is not in", report.ToString(), StringComparison.Ordinal);
    }
}
