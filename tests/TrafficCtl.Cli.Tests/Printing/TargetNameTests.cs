using TrafficCtl.Cli.Printing;
using TrafficCtl.V1;
using Xunit;

namespace TrafficCtl.Cli.Tests.Printing;

public sealed class TargetNameTests
{
    [Theory]
    [InlineData("checkout", "v1/services/checkout")]
    [InlineData("checkout@prod", "v1/services/checkout/environments/prod")]
    [InlineData("checkout@prod/eu", "v1/services/checkout/environments/prod/targets/eu")]
    [InlineData("a b@../x/y", "v1/services/a%20b/environments/../targets/x%2Fy")]
    public void Names_are_paths_of_the_API(string name, string path) => Assert.Equal(path, TargetName.PathOf(name));

    [Fact]
    public void A_service_is_named_alone_where_that_is_clear()
    {
        ServiceStatus[] all = [Of("cart", "prod"), Of("checkout", "prod"), Of("checkout", "test"), Of("checkout", "test", "eu")];
        Assert.Equal(["cart", "checkout@prod", "checkout@test", "checkout@test/eu"], all.Select(s => TargetName.Among(s, all)));
        Assert.Equal("checkout", TargetName.ServiceOf("checkout@test/eu"));
    }

    private static ServiceStatus Of(string service, string environment, string target = "") =>
        new() { Service = service, Environment = environment, Target = target };
}
