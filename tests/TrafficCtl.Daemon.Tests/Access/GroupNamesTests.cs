using TrafficCtl.Daemon.Access;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Access;

public sealed class GroupNamesTests
{
    [Fact]
    public void A_group_of_others_is_never_taken_for_a_role_or_for_several_groups() => Assert.Equal(
        ["leads", "sre"],
        GroupNames.Of(["leads", "approver", "admin", "Admin", "leads approver", "leads\tadmin", "", "sre", "sre", "system:masters"]));

    [Fact]
    public void An_approval_names_the_roles_that_the_grants_and_the_cluster_give_and_the_groups()
    {
        var identity = new Identity("ana", "oidc", [new Grant(Role.Approver, "checkout"), new Grant(Role.Admin, "search")])
        {
            Groups = ["leads"],
            Also = static _ => [Role.Viewer],
        };
        Assert.Equal("approver viewer leads", identity.As(Keys.Of("checkout")));
    }
}
