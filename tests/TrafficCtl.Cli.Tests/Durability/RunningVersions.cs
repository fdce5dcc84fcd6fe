using System.Diagnostics;
using System.Text;
using Xunit;

namespace TrafficCtl.Cli.Tests.Durability;

/// <summary>The processes of this machine that the runtime of a data directory has started, by what their environment says.</summary>
internal sealed record RunningVersions(IReadOnlyList<(int Id, string Mark)> Marks)
{
    private const string Variable = "TRAFFICCTL_RUNTIME=";

    /// <param name="folder">Their programs lie under it: it is in their environment or their command.</param>
    public static RunningVersions Of(string folder)
    {
        var owner = Path.Combine(folder, "data");
        var owners = Directory.Exists(owner)
            ? Directory.EnumerateFiles(owner, "owner", SearchOption.AllDirectories).Select(static f => File.ReadAllText(f).Trim()).ToArray()
            : [];
        var marks = new List<(int, string)>();
        foreach (var process in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(process), out var id) || MarkOf(process) is not { } mark) continue;
            if (owners.Any(o => mark.StartsWith($"{o}:", StringComparison.Ordinal))) marks.Add((id, mark));
        }

        return new(marks);
    }

    public void AssertNoneIsDoubled() =>
        Assert.Equal(Marks.Select(static m => SlotOf(m.Mark)).Distinct(), Marks.Select(static m => SlotOf(m.Mark)));

    public void EndAll()
    {
        foreach (var (id, _) in Marks)
        {
            try
            {
                using var process = Process.GetProcessById(id);
                process.Kill();
                process.WaitForExit();
            }
            catch (ArgumentException)
            {
                // It has ended by itself.
            }
        }
    }

    private static string SlotOf(string mark) => mark.Split(':')[1];

    private static string? MarkOf(string process)
    {
        try
        {
            return Encoding.UTF8.GetString(File.ReadAllBytes(Path.Combine(process, "environ"))).Split('\0')
                .FirstOrDefault(static v => v.StartsWith(Variable, StringComparison.Ordinal))?[Variable.Length..];
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
