using TrafficCtl.Cli.Invocation;
using TrafficCtl.Cli.Printing;
using TrafficCtl.V1;
using Xunit;

namespace TrafficCtl.Cli.Tests.Printing;

public sealed class TargetNameTests
{
    [Theory]
    [InlineData("checkout", "checkout", "", "")]
    [InlineData("checkout@prod", "checkout", "prod", "")]
    [InlineData("checkout@prod/eu", "checkout", "prod", "eu")]
    [InlineData("a b@x y/y/z", "a b", "x y", "y/z")]
    public void Names_have_parts(string name, string service, string environment, string target) =>
        Assert.Equal((service, environment, target), TargetName.PartsOf(name));

    [Theory]
    [InlineData("checkout@")]
    [InlineData("@prod")]
    [InlineData("checkout@prod/")]
    [InlineData("checkout@..")]
    [InlineData("checkout@../x")]
    [InlineData("..")]
    public async Task A_name_that_lacks_a_part_or_leads_elsewhere_is_refused(string name) =>
        Assert.Equal(ExitCodes.Usage, (await Run.OfAsync("status", name)).ExitCode);

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
