using TrafficCtl.Cli.Invocation;
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
    [InlineData("a b@x y/y/z", "v1/services/a%20b/environments/x%20y/targets/y%2Fz")]
    public void Names_are_paths_of_the_API(string name, string path) => Assert.Equal(path, TargetName.PathOf(name));

    [Theory]
    [InlineData("checkout@")]
    [InlineData("@prod")]
    [InlineData("checkout@prod/")]
    [InlineData("checkout@..")]
    [InlineData("checkout@../x")]
    [InlineData("..")]
    public void A_name_that_lacks_a_part_or_leads_elsewhere_is_refused(string name) =>
        Assert.Equal(ExitCodes.Usage, Assert.Throws<Failure>(() => AdminClient.PathOf(name)).ExitCode);

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
