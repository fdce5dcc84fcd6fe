using System.Runtime.CompilerServices;
using Xunit;

namespace TrafficCtl.Cli.Tests;

/// <summary>Compares with <c>Golden/NAME.txt</c>; <c>TRAFFICCTL_GOLDEN=write</c> accepts what is printed now.</summary>
internal static class GoldenText
{
    public static void Check(string name, string actual)
    {
        var file = Path.Combine(Path.GetDirectoryName(Here())!, "Golden", $"{name}.txt");
        if (Environment.GetEnvironmentVariable("TRAFFICCTL_GOLDEN") == "write") File.WriteAllText(file, actual);
        Assert.Equal(File.ReadAllText(file), actual, ignoreLineEndingDifferences: true);
    }

    private static string Here([CallerFilePath] string file = "") => file;
}
