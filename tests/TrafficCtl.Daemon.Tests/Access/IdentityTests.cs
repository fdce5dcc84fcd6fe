using TrafficCtl.Core.Promotion.Facts;
using TrafficCtl.Daemon.Access;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Access;

public sealed class IdentityTests
{
    [Theory]
    [InlineData(null, "ann", "ann (unverified)")]
    [InlineData(null, "", "unknown (unverified)")]
    [InlineData("ann", "bob", "ann")]
    [InlineData(null, FactStamp.Engine, "\"promotion\" (unverified)")]
    [InlineData(FactStamp.Engine, "ann", "\"promotion\"")]
    public void A_person_is_never_written_down_as_the_pipeline(string? name, string said, string who) =>
        Assert.Equal(who, new Identity(name, "token", []).Who(said));
}
