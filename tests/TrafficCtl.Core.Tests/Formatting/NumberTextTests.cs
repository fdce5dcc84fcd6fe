using TrafficCtl.Core.Formatting;
using Xunit;

namespace TrafficCtl.Core.Tests.Formatting;

public class NumberTextTests
{
    [Theory]
    [InlineData(0, "0 %")]
    [InlineData(0.000031, "0.0031 %")]
    [InlineData(0.00124, "0.12 %")]
    [InlineData(0.0512345, "5.1 %")]
    [InlineData(0.1234567, "12.3 %")]
    [InlineData(0.9997, "99.97 %")]
    [InlineData(1, "100 %")]
    [InlineData(1.523, "152 %")]
    [InlineData(-0.0312, "-3.1 %")]
    [InlineData(double.NaN, "unknown")]
    public void Says_a_measured_fraction(double fraction, string text) => Assert.Equal(text, NumberText.Percent(fraction));

    [Theory]
    [InlineData(0, "0 %")]
    [InlineData(500, "5 %")]
    [InlineData(1_250, "12.5 %")]
    [InlineData(9_999, "99.99 %")]
    public void Says_a_weight_exactly(int basisPoints, string text) => Assert.Equal(text, NumberText.Share(basisPoints));

    [Theory]
    [InlineData(0, "0")]
    [InlineData(0.0173, "0.017")]
    [InlineData(7.51, "7.5")]
    [InlineData(1349.6, "1,350")]
    public void Says_a_rate(double perSecond, string text) => Assert.Equal(text, NumberText.Rate(perSecond));

    [Theory]
    [InlineData(0.004123, "0.0041")]
    [InlineData(0.97, "0.97")]
    [InlineData(1.0512, "1.05")]
    [InlineData(12.34, "12")]
    public void Says_a_quotient(double quotient, string text) => Assert.Equal(text, NumberText.Factor(quotient));

    [Theory]
    [InlineData(0, "0")]
    [InlineData(0.3123, "0.31")]
    [InlineData(33.123, "33.1")]
    [InlineData(400, "400")]
    [InlineData(1_234, "1,230")]
    [InlineData(123_456, "123,000")]
    [InlineData(1.2e9, "10^9")]
    public void Says_an_e_value(double e, string text) => Assert.Equal(text, NumberText.Evidence(e));

    [Fact]
    public void Says_points_and_counts() =>
        Assert.Equal(
            ("0.1 pp", "0.125 pp", "1,234,567"), (NumberText.Points(0.001), NumberText.Points(0.00125), NumberText.Count(1_234_567)));
}
