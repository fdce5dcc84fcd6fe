using System.Text.Json;
using TrafficCtl.Daemon.Access;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Access;

/// <summary>The table of roles, cell by cell, as people read it.</summary>
public sealed class RoleTableTests
{
    private const string Table = """
                      viewer operator approver admin
        Read          yes    yes      yes      yes
        Publish       -      yes      -        yes
        Pause         -      yes      yes      yes
        Resume        -      yes      -        yes
        Promote       -      yes      -        yes
        PromoteFull   -      -        yes      yes
        Abort         -      yes      yes      yes
        Retry         -      yes      -        yes
        Approve       -      -        yes      yes
        Reject        -      -        yes      yes
        Pin           -      -        yes      yes
        Unpin         -      yes      yes      yes
        Hold          -      yes      yes      yes
        Release       -      yes      -        yes
        Veto          -      yes      yes      yes
        Unveto        -      -        yes      yes
        StopTheLine   -      yes      yes      yes
        ReleaseTheLine -     yes      -        yes
        BreakGlass    -      -        yes      yes
        LiftBreakGlass -     yes      yes      yes
        Revoke        -      -        yes      yes
        """;

    public static TheoryData<Act, Role, bool> Cells
    {
        get
        {
            var lines = Table.Split('\n').Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToList();
            var cells = new TheoryData<Act, Role, bool>();
            foreach (var row in lines.Skip(1))
                for (var i = 1; i < row.Length; i++)
                    cells.Add(Enum.Parse<Act>(row[0]), Enum.Parse<Role>(lines[0][i - 1], ignoreCase: true), row[i] == "yes");
            return cells;
        }
    }

    [Theory]
    [MemberData(nameof(Cells))]
    public void A_role_may_what_its_cell_says(Act act, Role role, bool may) => Assert.Equal(may, RoleTable.Allows(role, act));

    [Fact]
    public void Every_act_and_every_role_has_its_cells() => Assert.Equal(
        Enum.GetValues<Act>().Length * Enum.GetValues<Role>().Length,
        Cells.Select(static c => (c.Data.Item1, c.Data.Item2)).Distinct().Count());

    [Fact]
    public void The_page_shows_the_table()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs/security.md"));
        Assert.All(Cells.Select(static c => c.Data).GroupBy(static c => c.Item1), row =>
        {
            var cells = string.Join(" | ", row.OrderBy(static c => c.Item2).Select(static c => c.Item3 ? "yes" : "–"));
            Assert.Contains($"| {Words(row.Key)} | {cells} |", page, StringComparison.Ordinal);
        });
    }

    [Theory]
    [InlineData("*", "*", true)]
    [InlineData("checkout", "*", true)]
    [InlineData("*", "staging", true)]
    [InlineData("checkout", "staging", true)]
    [InlineData("checkout", "prod", false)]
    [InlineData("search", "staging", false)]
    [InlineData("Checkout", "staging", false)]
    [InlineData("check", "staging", false)]
    public void A_grant_covers_what_it_names(string service, string environment, bool covers) =>
        Assert.Equal(covers, new Grant(Role.Viewer, service, environment).Covers(Keys.Of("checkout") with { Environment = "staging" }));

    private static string Words(Act act) => act == Act.PromoteFull
        ? "promote --full"
        : JsonNamingPolicy.KebabCaseLower.ConvertName(act.ToString());
}
