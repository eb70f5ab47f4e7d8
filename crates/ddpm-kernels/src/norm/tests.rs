use super::super::channels_last;
use super::*;
use crate::seeded;
use tch::Device;

fn normal(shape: &[i64]) -> Tensor {
    Tensor::randn(shape, (Kind::Float, Device::Cpu))
}

/// The same by libtorch, in double precision: y and the three gradients.
fn theirs(x: &Tensor, gamma: &Tensor, beta: &Tensor, gradient: &Tensor) -> [Tensor; 4] {
    let leaf = |tensor: &Tensor| tensor.to_kind(Kind::Double).contiguous().set_requires_grad(true);
    let (x, gamma, beta) = (leaf(x), leaf(gamma), leaf(beta));
    let y = x.group_norm(8, Some(&gamma), Some(&beta), EPSILON, false).relu();
    (&y * gradient).sum(Kind::Double).backward();
    [y.detach(), x.grad(), gamma.grad(), beta.grad()]
}

fn worst(got: &Tensor, want: &Tensor) -> f64 {
    let difference = (got.to_kind(Kind::Double) - want).abs().max().double_value(&[]);
    difference / want.abs().max().double_value(&[]).max(1.0)
}

#[test]
fn it_is_groupnorm_and_relu_there_and_back() {
    let _generator = seeded(0);
    for (channels, side, mean) in [(8, 4, 0.0), (32, 8, 3.0), (40, 2, -100.0), (64, 1, 0.5), (256, 4, 0.0)] {
        let x = channels_last(&(normal(&[3, channels, side, side]) + mean));
        let (gamma, beta) = (normal(&[channels]), normal(&[channels]));
        // A part of a wider map, as what comes back through a concatenation is.
        let wide = channels_last(&normal(&[3, channels + 8, side, side]));
        for (kind, tolerance) in [(Kind::Float, 2e-5), (Kind::BFloat16, 2e-2)] {
            let x = x.to_kind(kind);
            let gradient = wide.to_kind(kind).narrow(1, 8, channels);
            let want = theirs(&x, &gamma, &beta, &gradient);
            let normed = norm_relu(&x, 8, &gamma, &beta);
            let (dx, dgamma, dbeta) = norm_relu_backward(&gradient, &x, &normed.moments, &gamma, &beta);
            for (got, want) in [normed.map, dx, dgamma, dbeta].iter().zip(&want) {
                let error = worst(got, want);
                assert!(error < tolerance, "{channels} channels, {side}x{side}, {kind:?}: {error}");
            }
        }
    }
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let _generator = seeded(1);
    let (x, gradient) = (channels_last(&normal(&[5, 32, 8, 8])), channels_last(&normal(&[5, 32, 8, 8])));
    let (gamma, beta) = (normal(&[32]), normal(&[32]));
    let with = |threads| {
        let before = tch::get_num_threads();
        tch::set_num_threads(threads);
        let normed = norm_relu(&x, 8, &gamma, &beta);
        let (dx, dgamma, dbeta) = norm_relu_backward(&gradient, &x, &normed.moments, &gamma, &beta);
        tch::set_num_threads(before);
        [normed.map, dx, dgamma, dbeta]
    };
    for (one, three) in with(1).iter().zip(&with(3)) {
        assert!(one.equal(three));
    }
}

#[test]
fn what_is_no_number_is_not_hidden() {
    let _generator = seeded(2);
    let x = channels_last(&normal(&[1, 8, 2, 2]));
    let _ = x.shallow_clone().narrow(1, 3, 1).fill_(f64::NAN);
    let ones = Tensor::ones([8], (Kind::Float, Device::Cpu));
    let y = norm_relu(&x, 8, &ones, &ones).map;
    assert!(y.narrow(1, 3, 1).isnan().all().int64_value(&[]) != 0);
    assert!(y.narrow(1, 4, 4).isnan().any().int64_value(&[]) == 0);
}
